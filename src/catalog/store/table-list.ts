import type { AlmaError, LightSignal, Listing, Slices } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { NEVER } from "../record/source.ts";
import { type PreparedList, prepareList } from "./prepared-list.ts";
import { RecordMap } from "./record-map.ts";

/** The share of a kind from which on it is alarming if its list ceases to name so many at once. */
const ALARMING_SHARE = 0.02;

/** What is known of the list of a kind: which records it names, and since when. */
export abstract class TableList extends RecordMap {
  /** Records that the newest list names, the highest id first. */
  listed: readonly CachedRecord[] = [];
  /** How many entries of the newest list had no usable id. */
  malformedEntries = 0;
  /** When the newest list was read, and the first of those in a row that named the same records as it. */
  listAt = NEVER;
  #listEndedAt = NEVER;
  membersAt = NEVER;
  /** The highest id of which a record was shown when the newest list was applied; undefined if none was, here. */
  #highestThen: number | undefined;
  /** Since when it is recorded which records the list names, by the wall clock. */
  knownSince: number | undefined;
  /**
   * The fingerprint of the newest list, if it was applied here, so that what it said is known by the summaries of its
   * records; undefined once another process has said which records there are, or what a list shows of one.
   */
  listFingerprint: string | undefined;
  /** Why the last read of the list failed, and when it was started; undefined once a list is read. */
  listFailure: { readonly at: number; readonly error: AlmaError } | undefined;
  /** When the last write ended that may have changed which records there are, or what their list shows. */
  listInvalidatedAt = NEVER;

  /** When the newest list was read at the latest; NEVER if none was. */
  get listReadUntil(): number {
    return Math.max(this.listAt, this.#listEndedAt);
  }

  /** Whether the list was read after `cutoff` and after the last write that may have changed it (rule of time). */
  isListKnown(cutoff: number): boolean {
    return this.listAt > this.listInvalidatedAt && this.listAt > cutoff;
  }

  /** Compares a list that was read from `at` to `end` with what is known, in slices. Throws the reason of `signal`. */
  prepareList(
    listing: Listing<{ readonly id: number }>,
    at: number,
    slices: Slices,
    signal?: LightSignal,
    end = at,
  ): Promise<PreparedList> {
    return prepareList(this, listing, { at, end }, slices, signal);
  }

  /** Applies a list at once: none sees it unfinished. A list older than the known one changes nothing. */
  applyList({ at, end, malformed, fingerprint, entries }: PreparedList): void {
    const { listed: previous, malformedEntries, listAt, highestShown } = this;
    const follows = listAt !== NEVER && at > this.#listEndedAt && malformedEntries === 0;
    if (!this.#noteList(at, end)) return;
    this.malformedEntries = malformed;
    this.listed = entries.map((entry) => entry.apply(this, at, end));
    const left = missingFrom(this.listed, previous);
    const highest = follows ? (this.#highestThen ?? highestShown) : Number.POSITIVE_INFINITY;
    if (listAt !== NEVER) this.recorder?.noteMembers(previous, this.listed, highest, listAt, at, end);
    this.#highestThen = this.highestShown;
    this.knownSince ??= this.recorder?.dateOf(end);
    // Another process may have read a later list, of which only a part is here yet.
    this.listFingerprint = this.listed.every(({ listedAt }) => listedAt === at) ? fingerprint : undefined;
    for (const cached of left) {
      cached.isListed = false;
      cached.markUnlisted(at);
    }
    if (left.length > Math.max(1, ALARMING_SHARE * previous.length))
      this.changes.noteLoss?.(this.kind, left.length, previous.length);
    const isSame =
      previous.length === this.listed.length &&
      previous.every((cached, index) => cached === this.listed[index]);
    if (!isSame) this.membersAt = at;
    if (malformedEntries !== malformed || !isSame) this.contentVersion++;
    this.evict();
  }

  /** Applies a list that says the same as the newest one, as `applyList` would. */
  repeatList(at: number, end = at): void {
    if (!this.#noteList(at, end)) return;
    for (const cached of this.listed) cached.reapplySummary(at, end);
    this.#highestThen = this.highestShown;
    this.evict();
  }

  /** Notes that a list was read from `at` to `end`. Returns whether it is newer than the known one. */
  #noteList(at: number, end: number): boolean {
    if (at <= this.listAt) return false;
    this.version++;
    this.listAt = at;
    this.#listEndedAt = end;
    this.listFailure = undefined;
    return true;
  }

  /** Notes that a write that ended at `at` may have changed which records there are, or what their list shows. */
  invalidateList(at: number): void {
    this.version++;
    this.contentVersion++;
    this.listInvalidatedAt = Math.max(this.listInvalidatedAt, at);
  }
}

/** The records that a list does not name, of others; of both the highest id first. */
function missingFrom(
  listed: readonly CachedRecord[],
  others: readonly CachedRecord[],
): readonly CachedRecord[] {
  let next = 0;
  return others.filter((cached) => {
    while ((listed[next]?.id ?? 0) > cached.id) next++;
    return listed[next] !== cached;
  });
}
