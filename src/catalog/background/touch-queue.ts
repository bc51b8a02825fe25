import { AlmaError } from "../../alma/index.ts";
import { type Kind, kindDefinitions } from "../record/kind.ts";
import type { LookupReader, Reader } from "../shared-read/reader.ts";
import type { Waiter } from "../shared-read/shared-read.ts";
import type { Store } from "../store/store.ts";

/** A reported change of a record, by one of its ids, or of a list. */
export interface ReportedChange {
  readonly kind: Kind;
  readonly id?: number;
  readonly externalId?: string;
}

/** The maximum number of waiting reads. */
const MAX_WAITING = 1_000;
const BACKGROUND: Waiter = { priority: "background", requestId: "touch" };

/**
 * Queues the records and lists that `POST /touch` reports as changed. The refresh takes every second read from here
 * while the queue has any. Equal reports are merged.
 */
export function createTouchQueue(store: Store, reader: Reader, lookupReader: LookupReader) {
  const waiting = new Map<string, ReportedChange>();

  async function read({ kind, id, externalId }: ReportedChange, now: number) {
    const table = store.tables[kind];
    const known = id === undefined ? table.findKnown(externalId ?? "") : table.get(id);
    // A record that is not listed here may be new in Alma, so read the list first.
    if (!known?.isListed) await reader.readList(kind, now, now, BACKGROUND);
    const foundId = id ?? (externalId === undefined ? undefined : await lookUp(kind, externalId, now));
    if (foundId !== undefined)
      await reader.readDetail(store.getOrCreate(kind, foundId), now, now, BACKGROUND);
  }

  /** Looks up a Bitrix id. A failure is reported to the next caller that asks for the record. */
  async function lookUp(kind: Kind, externalId: string, now: number) {
    try {
      const cutoffs = { cutoff: now, listCutoff: now };
      return (await lookupReader.lookUp(kind, externalId, cutoffs, BACKGROUND)).record?.id;
    } catch (error) {
      if (error instanceof AlmaError) return undefined;
      throw error;
    }
  }

  return {
    /** Queues reads, all or none. Returns how many were added, or undefined if they don't fit. */
    add(touched: readonly ReportedChange[]): number | undefined {
      const added = new Map(touched.map((one) => [keyOf(one), one]));
      for (const key of waiting.keys()) added.delete(key);
      if (waiting.size + added.size > MAX_WAITING) return undefined;
      for (const [key, one] of added) waiting.set(key, one);
      return added.size;
    },

    /** Starts the read that has waited longest. It shows the state at `now` or later. */
    startNext(now: number): Promise<void> | undefined {
      const [next] = waiting;
      if (!next) return undefined;
      waiting.delete(next[0]);
      return read(next[1], now);
    },
  };
}

export type TouchQueue = ReturnType<typeof createTouchQueue>;

const keyOf = ({ kind, id, externalId }: ReportedChange) =>
  `${kindDefinitions[kind].typeName} ${id ?? ""} ${externalId ?? ""}`;
