import { AlmaError } from "../../alma/index.ts";
import type { Explanation, ReadKind } from "../operation/explanation.ts";
import type { Operation } from "../operation/operation.ts";
import { stateReason } from "../operation/read-reason.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import type { LookupReader } from "../shared-read/lookup-reader.ts";
import type { LookupResult, Store } from "../store/store.ts";
import type { Table } from "../store/table.ts";
import { servesStale } from "./load.ts";

/** One question: which record a Bitrix id leads to. */
interface Lookup {
  readonly kind: ReadKind;
  readonly externalId: string;
  /** Alma must have been asked after this time, and after the last write that may have changed its answer. */
  readonly cutoff: number;
  readonly writtenAt: number;
  /** Alma's answer, if it is new enough. */
  readonly known: LookupResult | undefined;
  /** When it was last asked. */
  readonly askedAt: number | undefined;
  /** Alma's last answer, of any age, or what is known since. */
  readonly getStale: () => LookupResult | undefined;
  readonly read: () => Promise<LookupResult>;
  /** What tells whether a result is still Alma's last answer, and no write follows it. */
  readonly standsWhile: (result: LookupResult) => () => boolean;
}

/**
 * Finds records by Bitrix id. Only Alma knows which of several records an id leads to, or that there is none. It is
 * asked unless its last answer is from after the cut-off. Throws AlmaError.
 */
export function createRecordLookup(store: Store, reader: LookupReader) {
  async function answer(operation: Operation, lookup: Lookup): Promise<LookupResult> {
    const { known, cutoff } = lookup;
    if (!known) noteCall(operation, lookup);
    const { explanation } = operation;
    if (!known && explanation?.isDry) return explain(explanation, lookup);
    const result = known ?? (await ask(operation, lookup));
    operation.noteReading(result.at, cutoff);
    operation.basis.noteLookup(lookup.standsWhile(result));
    return result;
  }

  /** Reserves the call of a lookup, and explains it. A lookup that is under way costs none. */
  function noteCall(operation: Operation, { kind, externalId, cutoff, writtenAt, askedAt }: Lookup): void {
    const { explanation } = operation;
    const isUnderWay = reader.isLookingUp(kind, externalId);
    const isAssumed = explanation?.isDry && !explanation.assumeLookup(kind, externalId);
    explanation?.doubt("Which record a Bitrix id leads to is asked of Alma first.");
    if (isUnderWay || isAssumed) return;
    operation.reserveCalls(1);
    const reason = stateReason(operation, { readAt: askedAt ?? NEVER, writtenAt, cutoff });
    explanation?.note({ read: "LOOKUP", kind, why: `A Bitrix id leads to a record: ${reason}.` });
  }

  /** Asks Alma. An operation that accepts stale data gets the last answer where Alma cannot be reached. */
  async function ask(operation: Operation, { read, getStale }: Lookup): Promise<LookupResult> {
    try {
      return await operation.waitFor(read());
    } catch (error) {
      const stale = error instanceof AlmaError && servesStale(operation, error) && getStale();
      if (stale) return stale;
      throw error;
    }
  }

  /** The last answer, as if Alma gave it again. A lookup of one kind shows the record's detail too. */
  async function explain(explanation: Explanation, { kind, getStale }: Lookup): Promise<LookupResult> {
    const record = getStale()?.record;
    if (record && kind !== "rentalObject") explanation.assumeRead(store, { detail: record, cutoff: NEVER });
    await explanation.answer();
    return { at: NEVER, record };
  }

  return {
    /** The record of one kind. */
    lookUp(operation: Operation, kind: Kind, externalId: string, cutoff: number): Promise<LookupResult> {
      const table = store.tables[kind];
      const cutoffs = { cutoff, listCutoff: operation.spellingCutoff };
      const toResult = (known: ReturnType<typeof table.getLookupOfAnyAge>): LookupResult | undefined =>
        known && { at: known.at, record: known.id === undefined ? undefined : table.getOrCreate(known.id) };
      return answer(operation, {
        kind,
        externalId,
        cutoff,
        writtenAt: table.listInvalidatedAt,
        known: toResult(table.getLookup(externalId, cutoff)),
        askedAt: table.lookups.get(externalId)?.at,
        getStale: () => toResult(table.getLookupOfAnyAge(externalId)),
        read: async () => toResult(await reader.lookUp(kind, externalId, cutoffs, operation)) as LookupResult,
        standsWhile: ({ record }) => sameId(table, externalId, record?.id),
      });
    },

    /** The unit or room that fits best (Alma: Rental object). */
    lookUpRentalObject(operation: Operation, externalId: string, cutoff: number): Promise<LookupResult> {
      const cutoffs = { cutoff, listCutoff: operation.spellingCutoff };
      return answer(operation, {
        kind: "rentalObject",
        externalId,
        cutoff,
        writtenAt: store.rentalsInvalidatedAt,
        known: store.getRentalLookup(externalId, cutoff),
        askedAt: store.rentalLookups.get(externalId)?.at,
        getStale: () => store.getRentalLookupOfAnyAge(externalId),
        read: () => reader.lookUpRentalObject(externalId, cutoffs, operation),
        standsWhile: ({ record }) => sameRecord(store, externalId, record),
      });
    },
  };
}

export type RecordLookup = ReturnType<typeof createRecordLookup>;

// What these return is kept with an answer: it must not keep the operation as well.

/** Whether Alma's last answer for a Bitrix id is still this id, and no write follows it. */
function sameId(table: Table, externalId: string, id: number | undefined): () => boolean {
  return () => {
    const known = table.getLookup(externalId, NEVER);
    return known !== undefined && known.id === id;
  };
}

/** The same for units and rooms. */
function sameRecord(store: Store, externalId: string, record: CachedRecord | undefined): () => boolean {
  return () => {
    const known = store.getRentalLookup(externalId, NEVER);
    return known !== undefined && known.record === record;
  };
}
