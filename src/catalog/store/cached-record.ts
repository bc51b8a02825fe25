import type { AlmaError } from "../../alma/index.ts";
import type { Kind } from "./kind.ts";
import { PartialRecord } from "./partial-record.ts";
import { type FieldErrors, type FieldValues, NEVER, type Source } from "./source.ts";

/** How much of a record a caller needs: that it exists, what its list shows, or all of it. */
export type Level = 0 | 1 | 2;
export const EXISTS: Level = 0;
export const SUMMARY: Level = 1;
export const DETAIL: Level = 2;

/** When the last writes ended that may have changed a record. */
export type WriteTimes = Pick<
  CachedRecord,
  "invalidatedAt" | "detailInvalidatedAt" | "relationsInvalidatedAt"
>;

/**
 * What is known of one record, and since when. All times are the clock's: of a reading the time at which its call was
 * *sent*, of a write the time at which it had ended.
 */
export class CachedRecord {
  readonly kind: Kind;
  readonly id: number;
  /** The id in the graph: `Unit:9199`. */
  readonly key: string;
  /** The newest known value of every known field. Replaced, never changed: a reader may keep it as its version. */
  value: FieldValues = {};
  /** Fields that Alma answered unreadably, with the reason. */
  fieldErrors: FieldErrors;
  /** When its detail was read; of one that cannot change any more, when a list last named it. */
  detailAt = NEVER;
  /** When Alma last said that there is no such record. */
  goneAt = NEVER;
  /** When the last write ended that may have changed any of its fields. */
  invalidatedAt: number;
  /** When the last write ended that may have changed fields beside those of its list. */
  detailInvalidatedAt: number;
  /** When the last write ended that may have changed to which records it refers. */
  relationsInvalidatedAt: number;
  /** As of when the indexes know to which records it refers. */
  relationsKnownAt = NEVER;
  /** When a list, or another record, showed the record otherwise than its detail did. */
  supersededAt = NEVER;
  /** Whether its detail counts all the same. */
  servesSuperseded = false;
  /** Whether the newest list names it. */
  isListed = false;
  /** When Alma last said of which kind its id is, without saying more (Alma: Rental object). */
  kindKnownAt = NEVER;
  /** Why its detail could not be read the last time it was tried, and by the clock when that was begun. */
  failure: { readonly at: number; readonly error: AlmaError } | undefined;
  #detail: Source | undefined;
  /** What the lists say of it. */
  #summary: PartialRecord | undefined;
  /** What other records show of it. */
  #embedded: PartialRecord | undefined;

  constructor(
    kind: Kind,
    id: number,
    typeName: string,
    writes: WriteTimes = { invalidatedAt: NEVER, detailInvalidatedAt: NEVER, relationsInvalidatedAt: NEVER },
  ) {
    this.kind = kind;
    this.id = id;
    this.key = `${typeName}:${id}`;
    this.invalidatedAt = writes.invalidatedAt;
    this.detailInvalidatedAt = writes.detailInvalidatedAt;
    this.relationsInvalidatedAt = writes.relationsInvalidatedAt;
  }

  /**
   * The time that the level's knowledge is from, or NEVER if a write, a list or its absence has overtaken it. A summary
   * has all the fields of its list, or the one that is given: where lists and stubs leave one open, the detail is its
   * only source.
   */
  asOf(level: Level, field?: string): number {
    const staleAt = Math.max(
      this.invalidatedAt,
      this.servesSuperseded ? NEVER : this.supersededAt,
      this.goneAt,
    );
    const detailAsOf = this.detailAt > staleAt ? this.detailAt : NEVER;
    if (level === DETAIL) return detailAsOf > this.detailInvalidatedAt ? detailAsOf : NEVER;
    const partialAsOf = level === EXISTS ? this.mentionedAt : this.#reportedAt(field);
    return partialAsOf > this.invalidatedAt && partialAsOf > detailAsOf ? partialAsOf : detailAsOf;
  }

  /** When a list or another record last told all the fields of its list. */
  get summaryAt(): number {
    return this.#reportedAt();
  }

  /** When a list or another record last named it, whatever was told of it. */
  get mentionedAt(): number {
    return Math.max(this.#summary?.reportedAt ?? NEVER, this.#embedded?.reportedAt ?? NEVER);
  }

  #reportedAt(field?: string): number {
    let reportedAt = NEVER;
    const summary = this.#summary;
    const embedded = this.#embedded;
    if (summary && (field === undefined ? summary.isComplete : summary.has(field)))
      reportedAt = summary.reportedAt;
    if (
      embedded &&
      embedded.reportedAt > reportedAt &&
      (field === undefined ? embedded.isComplete : embedded.has(field))
    )
      reportedAt = embedded.reportedAt;
    return reportedAt;
  }

  /** When the value that is known of a field was read, whatever has overtaken it since. */
  fieldReadAt(field: string): number {
    return Math.max(this.detailAt, this.#reportedAt(field));
  }

  /** What its detail said when it was last read, whatever lists have said since: a list may leave fields empty. */
  get detail(): FieldValues | undefined {
    return this.#detail?.values;
  }

  /** Whether it is not known to which records it refers, so that it may be anyone's. */
  get hasUnknownRelations(): boolean {
    return this.relationsKnownAt <= this.relationsInvalidatedAt;
  }

  /** Whether Alma has ever told anything of it, and be it that there is a record of its kind and id. */
  get hasBeenSeen(): boolean {
    return Math.max(this.detailAt, this.mentionedAt, this.kindKnownAt) !== NEVER;
  }

  /** When there was last news of it: a list or another record named it first, anew or otherwise, or Alma its kind. */
  get changeReportedAt(): number {
    return Math.max(
      this.#summary?.unchangedSince ?? NEVER,
      this.#embedded?.unchangedSince ?? NEVER,
      this.kindKnownAt,
    );
  }

  /**
   * True when Alma said that it is gone, after every write that touched it and not before `cutoff`, and has had no news
   * of it since. A list that goes on naming what Alma does not have is none.
   */
  isGone(cutoff: number): boolean {
    const lastKnownAt = Math.max(this.invalidatedAt, this.detailAt, this.changeReportedAt);
    return this.goneAt > lastKnownAt && this.goneAt >= cutoff;
  }

  /** The failure to read its detail, if it is no older than `cutoff` and no write came after it. */
  failureSince(cutoff: number): AlmaError | undefined {
    const { failure } = this;
    const writtenAt = Math.max(this.invalidatedAt, this.detailInvalidatedAt);
    return failure && failure.at > writtenAt && failure.at >= cutoff ? failure.error : undefined;
  }

  /** Takes in the record's detail. An older reading than the known one changes nothing. */
  applyDetail(values: FieldValues, fieldErrors: FieldErrors, at: number): void {
    if (at <= this.detailAt) return;
    const previous = this.#detail?.values;
    this.detailAt = at;
    this.servesSuperseded = false;
    this.#detail = { values, fieldErrors };
    this.failure = undefined;
    for (const partial of [this.#summary, this.#embedded]) {
      if (!partial) continue;
      if (partial.unchangedSince < at && partial.reportedAt > this.invalidatedAt)
        partial.compareWith(values, previous);
      if (partial.reportedAt > at && partial.differsFrom(values)) this.#supersede(partial.reportedAt);
    }
    this.#merge();
  }

  /** Takes in a part of the record, with fields of its summary, from inside another record. */
  applyEmbedded(values: FieldValues, fieldErrors: FieldErrors, at: number): void {
    this.#embedded ??= new PartialRecord();
    this.#applyPartial(this.#embedded, values, fieldErrors, at);
  }

  /**
   * Lets its detail stand that a list which still names it, or another record, has overtaken, but no write: until it
   * is read again, or told otherwise once more. Gives whether there is one.
   */
  serveSuperseded(): boolean {
    this.servesSuperseded = this.isListed;
    if (this.asOf(DETAIL) === NEVER) this.servesSuperseded = false;
    return this.servesSuperseded;
  }

  /**
   * Takes in the record's entry in a list. `final` tells a record that cannot change any more: its detail is then as
   * new as the list that names it.
   */
  applyListEntry(
    values: FieldValues,
    fieldErrors: FieldErrors,
    at: number,
    isFinal: (value: FieldValues) => boolean,
  ): void {
    this.#summary ??= new PartialRecord();
    this.#applyPartial(this.#summary, values, fieldErrors, at);
    const isKnown = this.asOf(DETAIL) !== NEVER && !this.isGone(NEVER);
    if (isKnown && at > this.detailAt && isFinal(this.value)) this.detailAt = at;
  }

  /**
   * Takes in that the list names it no more. It may be gone or archived: its detail is read again before it is
   * believed. To be named once more is news.
   */
  markUnlisted(at: number): void {
    if (this.detailAt < at) this.#supersede(at);
    this.#summary?.withdraw();
  }

  /**
   * What is told otherwise than in an older detail makes that detail outdated. If nothing was told before, it may be
   * news or differ for good, and the detail has to say: it stands until it is read again. For a list that is now; not
   * for the first stubs, which all come after their details in a warm-up: were they to differ for good, every unit
   * would have to be read twice.
   */
  #applyPartial(partial: PartialRecord, values: FieldValues, fieldErrors: FieldErrors, at: number): void {
    if (at <= partial.reportedAt) return;
    const isFirst = partial.reportedAt === NEVER;
    const isChanged = partial.report(values, fieldErrors, at);
    if (isChanged) this.servesSuperseded = false;
    if (!isChanged && !fieldErrors && !this.fieldErrors && !partial.differsFrom(this.value)) return;
    const detail = this.detailAt > this.supersededAt && this.detailAt < at ? this.#detail : undefined;
    if (detail && partial.differsFrom(detail.values)) {
      if (!isFirst || partial === this.#summary) this.#supersede(at);
      if (isFirst) partial.compareWith(detail.values, undefined);
    }
    this.#merge();
  }

  #supersede(at: number): void {
    this.supersededAt = Math.max(this.supersededAt, at);
    this.servesSuperseded = false;
  }

  /** Of each field the newest value that is told. The detail has all fields, so older words add nothing to it. */
  #merge(): void {
    const summary = this.#summary;
    const embedded = this.#embedded;
    const partials =
      summary && embedded && summary.reportedAt > embedded.reportedAt
        ? [embedded, summary]
        : [summary, embedded];
    let newest = this.#detail;
    for (const partial of partials)
      if (partial && partial.reportedAt > this.detailAt) newest = partial.mergedOver(newest);
    this.value = newest?.values ?? {};
    this.fieldErrors = newest?.fieldErrors;
  }
}
