import { type Decoded, type LightSignal, type Listing, type Slices, UNCUT_ITEMS } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { RecordMap } from "./record-map.ts";

type Item = Decoded<{ readonly id: number }>;

/** When a list was read: from when to when. */
interface ListTimes {
  readonly at: number;
  readonly end: number;
}

/** A list that was compared with what is known and is not applied. */
export interface PreparedList extends ListTimes {
  readonly malformed: number;
  readonly fingerprint: string | undefined;
  /** The highest id first. */
  readonly entries: readonly ListEntry[];
}

/** Prepares a list in slices, so that applying it takes little time. Throws the reason of `signal`. */
export async function prepareList(
  records: RecordMap,
  { items, malformed, fingerprint }: Listing<{ readonly id: number }>,
  { at, end }: ListTimes,
  slices: Slices,
  signal?: LightSignal,
): Promise<PreparedList> {
  const entries: ListEntry[] = [];
  await slices.forEach(items, (item) => entries.push(new ListEntry(records, item, at, end)), signal);
  const isLong = entries.length > UNCUT_ITEMS;
  if (isLong) await slices.next(signal);
  // Of several entries with one id the first counts, and sorting keeps their order.
  entries.sort((a, b) => b.id - a.id);
  const distinct = entries.filter(({ id }, index) => id !== entries[index - 1]?.id);
  if (isLong) await slices.next(signal);
  return { at, end, malformed, fingerprint, entries: distinct };
}

/**
 * An entry of a list and what it changes by what is known when it is made. Making it changes nothing: others read,
 * write and evict records before it is applied, and then its effect is the same as if it were made only then.
 */
class ListEntry {
  readonly id: number;
  readonly #item: Item;
  /** A record for an id that is not remembered, with this entry applied. */
  readonly #created: CachedRecord | undefined;
  /** The record of which it repeats what is known, and the state of that record. */
  readonly #repeated: CachedRecord | undefined;
  readonly #version: number = 0;
  readonly #detailAt: number = 0;

  constructor(records: RecordMap, item: Item, at: number, end: number) {
    const { id } = item.record;
    this.id = id;
    this.#item = item;
    const known = records.getRemembered(id);
    if (!known) {
      this.#created = records.createApart(id);
      applyTo(this.#created, item, at, end);
    } else if (known.isRepeatedBy({ ...item.record, id: undefined }, item.fieldErrors)) {
      this.#repeated = known;
      this.#version = known.version;
      this.#detailAt = known.detailAt;
    }
  }

  /** Applies the entry of a list that was read from `at` to `end`. Returns its record. */
  apply(records: RecordMap, at: number, end: number): CachedRecord {
    const repeated = this.#repeated;
    if (repeated && this.#isUnchanged(repeated)) {
      repeated.isListed = true;
      repeated.repeatSummary(at, end);
      return repeated;
    }
    const cached = records.add(this.id, this.#created);
    if (cached !== this.#created) applyTo(cached, this.#item, at, end);
    return cached;
  }

  /** Whether a record is as it was when the entry was made, and still remembered. */
  #isUnchanged({ version, detailAt, slot }: CachedRecord): boolean {
    return version === this.#version && detailAt === this.#detailAt && slot !== -1;
  }
}

function applyTo(cached: CachedRecord, { record, fieldErrors }: Item, at: number, end: number): void {
  const { id: _, ...values } = record;
  cached.isListed = true;
  cached.applySummary(values, fieldErrors, at, end);
}
