import type { Verdicts } from "./field-verdict.ts";
import type { Kind } from "./kind.ts";
import type { WriteCause } from "./logged-change.ts";
import { PartialRecord } from "./partial-record.ts";
import { fromTime, type SourcesState, toTime } from "./record-state.ts";
import type { RecordChange, RecordedFields, Recorder, ShownSource } from "./recorder.ts";
import { type FieldErrors, type FieldValues, isSameValue, NEVER, type Source } from "./source.ts";

/**
 * Merges the fields of a record from three sources: its own read (the detail), its entry in the list (the summary), and
 * its parts in other records (embedded). The newest known value of each field counts. If a newer summary or embedded
 * part differs from the detail, or the list no longer contains the record, the record has changed. The detail is then
 * *superseded*: its other fields may be outdated too, so it is read again.
 *
 * Example: the detail of a unit, read at 9:00, shows the name "A". The list of 9:05 shows "B". From then on the name is
 * "B", and the detail is superseded until it is read again.
 */
export abstract class RecordSources implements RecordedFields {
  abstract readonly kind: Kind;
  abstract readonly id: number;
  abstract readonly key: string;
  abstract readonly observer: { readonly recorder: Recorder | undefined } | undefined;
  causes: readonly WriteCause[] | undefined;
  knownSince: number | undefined;
  /** When another record first showed a part of this one, by the wall clock; undefined if unknown. */
  mentionedSince: number | undefined;
  /** Verdicts on values that Alma accepted but does not show as sent. */
  verdicts: Verdicts | undefined;
  /**
   * The newest known value of every known field. The object is replaced, never modified, so that it can be kept as a
   * version.
   */
  value: FieldValues = {};
  /** Fields that could not be decoded, with the reasons. */
  fieldErrors: FieldErrors;
  /** When the detail was read. */
  detailAt = NEVER;
  /** When a list or another record last superseded the detail. */
  supersededAt = NEVER;
  /** Whether a superseded detail is served, until the next detail is read or superseded. */
  servesSuperseded = false;
  /** When the last write ended that may have changed any of its fields. */
  abstract readonly invalidatedAt: number;
  /** Called instead of `noteChange` after a read that changed nothing but the time of reading. */
  protected abstract forgetServable(): void;
  /** Called after every change. */
  protected abstract noteChange(change: RecordChange): void;

  #detail: ShownSource | undefined;
  #summary: PartialRecord | undefined;
  #embedded: PartialRecord | undefined;

  /** Returns when a list or another record last showed `field`; if omitted, all fields of the list. */
  partialAt(field?: string): number {
    return Math.max(shownAt(this.#summary, field), shownAt(this.#embedded, field));
  }

  /** When a list or another record last mentioned it, with any fields. */
  get mentionedAt(): number {
    return Math.max(this.#summary?.reportedAt ?? NEVER, this.#embedded?.reportedAt ?? NEVER);
  }

  /** When a list or another record last began to mention it, or showed a difference. */
  protected get partialChangedAt(): number {
    return Math.max(this.#summary?.unchangedSince ?? NEVER, this.#embedded?.unchangedSince ?? NEVER);
  }

  /** Returns when the known value of a field was read, stale or not. */
  fieldReadAt(field: string): number {
    return Math.max(this.detailAt, this.partialAt(field));
  }

  /** The last detail, without later values of lists, which may omit fields. */
  get detail(): FieldValues | undefined {
    return this.#detail?.values;
  }

  setVerdicts(verdicts: Verdicts): void {
    this.verdicts = Object.keys(verdicts).length > 0 ? verdicts : undefined;
    this.noteChange("reading");
  }

  /** Records changes in Alma; undefined until the record enters the catalog. */
  get recorder(): Recorder | undefined {
    return this.observer?.recorder;
  }

  /** Whether its list once contained it and no longer does. */
  protected get isWithdrawn(): boolean {
    return this.#summary?.isWithdrawn ?? false;
  }

  /** Whether Alma has ever shown anything of it. */
  protected get isShown(): boolean {
    return Math.max(this.detailAt, this.mentionedAt) !== NEVER;
  }

  get sources() {
    return [this.#detail, this.#summary, this.#embedded];
  }

  /** Replaces the detail by a newer one, read from `at` to `end`. */
  protected replaceDetail(values: FieldValues, fieldErrors: FieldErrors, at: number, end: number): void {
    const detail = this.#detail;
    if (!detail) this.knownSince = this.recorder?.dateOf(end);
    const previous = detail?.values;
    const shown = { values, fieldErrors };
    const isSame =
      detail && isSameValue(detail.values, values) && isSameValue(detail.fieldErrors, fieldErrors);
    if (!isSame || detail.unrecorded) this.recorder?.noteReading(this, detail, shown, at, end);
    this.detailAt = at;
    this.servesSuperseded = false;
    this.#detail = detailOf(isSame ? detail : shown, at, end, detail?.unrecorded);
    for (const partial of [this.#summary, this.#embedded]) {
      if (!partial) continue;
      // An entry read before the last write may differ only because of that write.
      if (partial.unchangedSince < at && partial.reportedAt > this.invalidatedAt)
        partial.compareWith(values, previous);
      if (partial.reportedAt > at && partial.differsFrom(values)) this.#supersede(partial.reportedAt);
    }
    this.noteChange("reading");
    this.#merge([at, end]);
  }

  /** Applies the fields that another record, read from `at` to `end`, shows of this one. */
  applyEmbedded(values: FieldValues, at: number, end = at): void {
    this.#embedded ??= new PartialRecord();
    this.mentionedSince ??= this.recorder?.dateOf(end);
    this.#applyPartial(this.#embedded, { values, fieldErrors: undefined }, at, end);
  }

  /** Applies the record's entry in a list read from `at` to `end`. The detail keeps its age. */
  applySummary(values: FieldValues, fieldErrors: FieldErrors, at: number, end = at): void {
    this.#summary ??= new PartialRecord();
    this.#applyPartial(this.#summary, { values, fieldErrors }, at, end);
  }

  /**
   * Returns whether a list entry equals the previous one and the current values. If so, `repeatSummary` has the same
   * effect as `applySummary` and is faster, unless the record changes before (its version or `detailAt`).
   */
  isRepeatedBy(values: FieldValues, fieldErrors: FieldErrors): boolean {
    return this.#summary !== undefined && this.#isRepetition(this.#summary, values, fieldErrors);
  }

  /** Records that a list read from `at` to `end` shows the record's previous entry again. */
  repeatSummary(at: number, end = at): void {
    if (!this.#summary || at <= this.#summary.reportedAt) return;
    this.#repeat(this.#summary, at, end);
    this.forgetServable();
  }

  /**
   * Records that a list read at `at` no longer contains the record. It may be archived or deleted in Alma, so its
   * detail is superseded. If a later list contains it again, that is a change.
   */
  markUnlisted(at: number): void {
    if (this.detailAt < at) this.#supersede(at);
    this.#summary?.withdraw();
    this.noteChange("content");
  }

  /**
   * Applies a summary or embedded part. One that has changed supersedes an older detail. The first one may differ from
   * the detail because the record has changed, or because this source always shows another value. Only the next detail
   * tells which; until then the detail's value counts. A first summary therefore supersedes the detail, so that it is
   * read again. A first embedded part does not: during the warm-up, these parts arrive after the details of their
   * records, so every unit would be read twice.
   */
  #applyPartial(partial: PartialRecord, shown: Source, at: number, end: number): void {
    if (at <= partial.reportedAt) return;
    if (this.#isRepetition(partial, shown.values, shown.fieldErrors)) this.#repeat(partial, at, end);
    else this.#applyChange(partial, shown, at, end);
    this.forgetServable();
  }

  #applyChange(partial: PartialRecord, shown: Source, at: number, end: number): void {
    const isFirst = partial.reportedAt === NEVER;
    this.recorder?.noteReading(this, partial, shown, at, end);
    if (partial.report(shown.values, shown.fieldErrors, at, end)) this.servesSuperseded = false;
    if (partial.unchangedSince === at) this.noteChange("content");
    else if (partial === this.#embedded) this.noteChange("mention");
    const detail = this.detailAt > this.supersededAt && this.detailAt < at ? this.#detail : undefined;
    if (detail && partial.differsFrom(detail.values)) {
      if (!isFirst || partial === this.#summary) this.#supersede(at);
      if (isFirst) partial.compareWith(detail.values, undefined);
    }
    this.#merge([at, end]);
  }

  #isRepetition(partial: PartialRecord, values: FieldValues, fieldErrors: FieldErrors): boolean {
    if (fieldErrors || this.fieldErrors || !partial.isRepeatedBy(values, fieldErrors)) return false;
    return !partial.differsFrom(this.value);
  }

  #repeat(partial: PartialRecord, at: number, end: number): void {
    if (partial.unrecorded) this.recorder?.noteReading(this, partial, partial, at, end);
    partial.repeat(at, end);
    // A list that contains the record again contradicts its absence, even without a change.
    if (partial.unchangedSince === at) this.noteChange("content");
    else if (partial === this.#embedded) this.noteChange("mention");
  }

  #supersede(at: number): void {
    this.supersededAt = Math.max(this.supersededAt, at);
    this.servesSuperseded = false;
    this.noteChange("content");
  }

  /** Returns the state for `restoreSources`. */
  protected sourcesState(): SourcesState {
    const { values, fieldErrors, unrecorded } = this.#detail ?? {};
    return {
      detail: values && { values, fieldErrors, unrecorded: unrecorded && [...unrecorded] },
      summary: this.#summary?.toState(),
      embedded: this.#embedded?.toState(),
      detailAt: toTime(this.detailAt),
      supersededAt: toTime(this.supersededAt),
      servesSuperseded: this.servesSuperseded || undefined,
      knownSince: this.knownSince,
      mentionedSince: this.mentionedSince,
    };
  }

  protected restoreSources(state: SourcesState): void {
    this.knownSince = state.knownSince;
    this.mentionedSince = state.mentionedSince;
    this.detailAt = fromTime(state.detailAt);
    const unrecorded = state.detail?.unrecorded && new Map(state.detail.unrecorded);
    this.#detail = state.detail && detailOf(state.detail, this.detailAt, this.detailAt, unrecorded);
    this.#summary = state.summary && PartialRecord.restore(state.summary);
    this.#embedded = state.embedded && PartialRecord.restore(state.embedded);
    this.supersededAt = fromTime(state.supersededAt);
    this.servesSuperseded = state.servesSuperseded ?? false;
    this.#merge();
  }

  /**
   * Merges the sources into `value`. The detail has all fields, so older partial records add nothing to it. `reading`
   * is undefined when a record is restored.
   */
  #merge(reading?: readonly [startedAt: number, endedAt: number]): void {
    const [summary, embedded] = [this.#summary, this.#embedded];
    const oldestFirst =
      summary && embedded && summary.reportedAt > embedded.reportedAt
        ? [embedded, summary]
        : [summary, embedded];
    let merged: Source | undefined = this.#detail;
    for (const partial of oldestFirst)
      if (partial && partial.reportedAt > this.detailAt) merged = partial.mergedOver(merged);
    const { values = {}, fieldErrors } = merged ?? {};
    if (isSameValue(values, this.value) && isSameValue(fieldErrors, this.fieldErrors)) return;
    const before = { values: this.value, fieldErrors: this.fieldErrors };
    this.value = values;
    this.fieldErrors = fieldErrors;
    if (reading) this.recorder?.noteServed(this, before, ...reading);
    this.noteChange("content");
  }
}

/**
 * Creates a detail. Avoids a spread: before Node 24, an object that begins with one takes half a kilobyte once it
 * grows.
 */
const detailOf = (
  { values, fieldErrors }: Pick<Source, "values"> & Partial<Source>,
  startedAt: number,
  endedAt: number,
  unrecorded: ShownSource["unrecorded"],
): ShownSource => ({ values, fieldErrors, startedAt, endedAt, unrecorded });

function shownAt(partial: PartialRecord | undefined, field: string | undefined) {
  if (!partial) return NEVER;
  return (field === undefined ? partial.isComplete : partial.has(field)) ? partial.reportedAt : NEVER;
}
