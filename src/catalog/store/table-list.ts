import {
  type AlmaError,
  type Decoded,
  ITEMS_PER_CHECK,
  inSlices,
  type LightSignal,
  type Listing,
  yieldToEventLoop,
} from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { NEVER } from "../record/source.ts";
import { RecordMap } from "./record-map.ts";

type Item = Decoded<{ readonly id: number }>;

/** A list compared with known data but not applied, and when its read started and ended. */
interface PreparedList {
  readonly at: number;
  readonly end: number;
  readonly malformed: number;
  /** The entries in descending order of id. */
  readonly entries: readonly ListEntry[];
}

/**
 * A list entry and its changes, as of its creation. Creating it has no effect: others may read, write and evict records
 * before it is applied, with the same result as if it were created at that time.
 */
class ListEntry {
  readonly id: number;
  readonly #item: Item;
  /** The record whose known data it repeats, and the state of that record. */
  readonly #repeated: CachedRecord | undefined;
  readonly #version: number = 0;
  readonly #detailAt: number = 0;

  constructor(records: RecordMap, item: Item) {
    const { id } = item.record;
    this.id = id;
    this.#item = item;
    const known = records.getRemembered(id);
    if (known?.isRepeatedBy({ ...item.record, id: undefined }, item.fieldErrors)) {
      this.#repeated = known;
      this.#version = known.version;
      this.#detailAt = known.detailAt;
    }
  }

  /** Applies the entry of a list read from `at` to `end`. Returns its record. */
  apply(records: RecordMap, at: number, end: number): CachedRecord {
    const repeated = this.#repeated;
    if (repeated && this.#isUnchanged(repeated)) {
      repeated.isListed = true;
      repeated.repeatSummary(at, end);
      return repeated;
    }
    const cached = records.add(this.id);
    const { id: _, ...values } = this.#item.record;
    cached.isListed = true;
    cached.applySummary(values, this.#item.fieldErrors, at, end);
    return cached;
  }

  /** Returns whether a record is as it was when the entry was created, and still cached. */
  #isUnchanged({ version, detailAt, slot }: CachedRecord): boolean {
    return version === this.#version && detailAt === this.#detailAt && slot !== -1;
  }
}

/** The share of a kind whose sudden loss from its list is alarming. */
const ALARMING_SHARE = 0.02;

/** The list of a kind: the records in it, and since when. */
export abstract class TableList extends RecordMap {
  /** Records in the newest list, highest id first. */
  listed: readonly CachedRecord[] = [];
  /** The number of entries in the newest list without a usable id. */
  malformedEntries = 0;
  /** When the newest list was read, and when the first of the consecutive lists with the same records was. */
  listAt = NEVER;
  #listEndedAt = NEVER;
  membersAt = NEVER;
  /** The highest id shown when the newest list was applied, if this process applied it. */
  #highestThen: number | undefined;
  /** Since when membership has been recorded, by the wall clock. */
  knownSince: number | undefined;
  /** Why and when the last read of the list failed; undefined once a list is read. */
  listFailure: { readonly at: number; readonly error: AlmaError } | undefined;
  /** When the last write ended that may have changed which records exist, or what their list shows. */
  listInvalidatedAt = NEVER;

  /** When the read of the newest list ended; NEVER if there was none. */
  get listReadUntil(): number {
    return Math.max(this.listAt, this.#listEndedAt);
  }

  /**
   * Returns whether the list was read after `cutoff` and after the last write that may have changed it (rule of time).
   */
  isListKnown(cutoff: number): boolean {
    return this.listAt > this.listInvalidatedAt && this.listAt > cutoff;
  }

  /**
   * Compares a list read from `at` to `end` with known data, in slices, so that applying it takes little time. Throws
   * the reason of `signal`.
   */
  async prepareList(
    { items, malformed }: Listing<{ readonly id: number }>,
    at: number,
    signal?: LightSignal,
    end = at,
  ): Promise<PreparedList> {
    const entries: ListEntry[] = [];
    await inSlices(items, (item) => entries.push(new ListEntry(this, item)), signal);
    const isLong = entries.length > ITEMS_PER_CHECK;
    if (isLong) await yieldToEventLoop(signal);
    // If several entries have one id, the first counts; sorting is stable.
    entries.sort((a, b) => b.id - a.id);
    const distinct = entries.filter(({ id }, index) => id !== entries[index - 1]?.id);
    if (isLong) await yieldToEventLoop(signal);
    return { at, end, malformed, entries: distinct };
  }

  /** Applies a list atomically. A list older than the known one changes nothing. */
  applyList({ at, end, malformed, entries }: PreparedList): void {
    const { listed: previous, malformedEntries, listAt, highestShown } = this;
    if (at <= listAt) return;
    const follows = listAt !== NEVER && at > this.#listEndedAt && malformedEntries === 0;
    this.version++;
    this.listAt = at;
    this.#listEndedAt = end;
    this.listFailure = undefined;
    this.malformedEntries = malformed;
    this.listed = entries.map((entry) => entry.apply(this, at, end));
    const left = findMissing(this.listed, previous);
    const highest = follows ? (this.#highestThen ?? highestShown) : Infinity;
    if (listAt !== NEVER) this.recorder?.noteMembers(previous, this.listed, highest, listAt, at, end);
    this.#highestThen = this.highestShown;
    this.knownSince ??= this.recorder?.dateOf(end);
    for (const cached of left) {
      cached.isListed = false;
      cached.markUnlisted(at);
    }
    if (left.length > Math.max(1, ALARMING_SHARE * previous.length))
      this.changes.noteLoss?.(this.kind, left.length, previous.length);
    const isSame = left.length === 0 && previous.length === this.listed.length;
    if (!isSame) this.membersAt = at;
    if (malformedEntries !== malformed || !isSame) this.contentVersion++;
    this.evict();
  }

  /** Records that a write ended at `at` that may have changed which records exist, or what their list shows. */
  invalidateList(at: number): void {
    this.version++;
    this.contentVersion++;
    this.listInvalidatedAt = Math.max(this.listInvalidatedAt, at);
  }
}

/** Returns the records missing from a list; both arguments are sorted by descending id. */
export function findMissing<R extends { readonly id: number }>(
  listed: readonly R[],
  others: readonly R[],
): readonly R[] {
  let next = 0;
  return others.filter((record) => {
    while ((listed[next]?.id ?? 0) > record.id) next++;
    return listed[next] !== record;
  });
}
