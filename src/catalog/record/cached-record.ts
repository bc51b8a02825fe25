import { type AlmaError, isSameExternalId } from "../../alma/index.ts";
import type { Kind, KnownFields } from "./kind.ts";
import { RecordSources } from "./record-sources.ts";
import {
  type Failure,
  failureState,
  fromTime,
  markInvalidated,
  type RecordState,
  restoreFailure,
  toTime,
  type WriteScope,
  type WriteTimes,
  writeTimes,
} from "./record-state.ts";
import type { RecordChange, RecordObserver } from "./recorder.ts";
import { DETAIL, EXISTS, type FieldErrors, type FieldValues, type Level, NEVER, SUMMARY } from "./source.ts";

/** Whether a record is archived, by its detail. Alma shows this for all kinds but clients. */
export function isArchived({ value }: CachedRecord): boolean {
  const { isArchived: archived, unitUsage } = value as KnownFields<"unit"> & KnownFields<"tenantContract">;
  return archived === true || unitUsage?.isArchived === true;
}

/** Whether a record is a unit let whole, which Alma finds by its additional Bitrix id too (Alma: Apartments). */
export function isLetWhole({ kind, value }: CachedRecord): boolean {
  return kind === "unit" && (value as KnownFields<"unit">).isUsedAdditionalExternalId === true;
}

/** Whether a record is the unit let whole that represents a Bitrix unit (Alma: Apartments, Rental object). */
export function isRepresentativeOf(record: CachedRecord, bitrixUnitId: string): boolean {
  const { additionalExternalId } = record.value as KnownFields<"unit">;
  return isLetWhole(record) && isSameExternalId(additionalExternalId, bitrixUnitId);
}

/** Whether a unit or room has a Bitrix id as its own, or is the unit let whole that represents it. */
export function answersTo(record: CachedRecord, externalId: string): boolean {
  return isSameExternalId(record.value.externalId, externalId) || isRepresentativeOf(record, externalId);
}

/** Milliseconds that lie at least between two answers which show that a record has disappeared. */
const APART = 10_000;

/**
 * What is known of one record, and since when. All times are the clock's (see `WriteTimes` for the rule of time).
 *
 * | state | entered when | what may be served | left when |
 * | --- | --- | --- | --- |
 * | unknown | it is asked for, and nothing of it was read | nothing | anything of it is read |
 * | partial | a list or another record names it | the fields that these show | its detail is read |
 * | known | its detail is read | all fields | one of the next three states is entered |
 * | superseded | a newer list or record differs, or a list drops it | as if partial (*) | its detail is read |
 * | invalidated | a write ends that may have changed it | what was read after the write | its detail is read |
 * | gone (**) | Alma answers that there is no such record | its absence | it is read or named anew, or a write ends |
 *
 * (*) All fields, after `serveSuperseded()`.
 * (**) It has *disappeared* once Alma has answered so twice (`hasDisappeared`).
 *
 * A *failed* read of the detail (`failure`) can be noted in each state, and is forgotten when a detail is read. A
 * reading ends a state only if it was sent after that state was entered.
 */
export class CachedRecord extends RecordSources implements WriteTimes {
  readonly kind: Kind;
  readonly id: number;
  /** The id in the graph: `Unit:9199`. */
  readonly key: string;
  /** By what it is named: the newest list, or only other records that are named; as of the last settling. */
  membership: "listed" | "referred" | undefined;
  /** Whether it has changed since the last settling (see `createStateKeeper`). */
  isUnsettled = false;
  /** Its place in arrays with an entry for each remembered record of its kind; -1 while it is not remembered. */
  slot = -1;
  /** Raised by every change of its content. */
  version = 0;
  /** Whether the newest list names it. */
  isListed = false;
  /** Whether hardly anybody changes it any more, as of the last settling (see `createIsClosed`). */
  isClosed = false;
  invalidatedAt = NEVER;
  detailInvalidatedAt = NEVER;
  relationsInvalidatedAt = NEVER;
  /** Is told of every change since the record was first remembered. */
  observer: RecordObserver<CachedRecord> | undefined;
  /** Why the last read of the detail failed, and when that read was started. */
  failure: Failure | undefined;
  /** When Alma last answered that there is no such record. */
  goneAt = NEVER;
  /** When a path that is known to be right first gave that answer, with nothing against it since; else NEVER. */
  goneSince = NEVER;
  /** When Alma last answered of which kind the id is, and nothing else (Alma: Rental object). */
  kindKnownAt = NEVER;
  /** When the relations that the relation index has of this record were read. */
  relationsKnownAt = NEVER;
  /** `asOf` at the levels SUMMARY and DETAIL, until the next change: it is asked for of each record that is shown. */
  #summaryAsOf: number | undefined;
  #detailAsOf: number | undefined;

  constructor(kind: Kind, id: number, typeName: string) {
    super();
    this.kind = kind;
    this.id = id;
    this.key = `${typeName}:${id}`;
  }

  protected noteChange(change: RecordChange): void {
    this.forgetServable();
    this.observer?.noteChange(this, change);
  }

  protected forgetServable(): void {
    this.#summaryAsOf = undefined;
    this.#detailAsOf = undefined;
  }

  /**
   * Notes that Alma answered, to a call sent at `at` and answered at `end`, that there is no such record. `isProven`:
   * whether the path of the call is known to be right.
   */
  markGone(at: number, end = at, isProven = true): void {
    if (!this.hasDisappeared) {
      if (!isProven || !this.isGone(NEVER)) this.goneSince = NEVER;
      if (isProven && this.goneSince === NEVER) this.goneSince = at;
    }
    // What a list has repeated since may be shown to those who ask for data from after the absence.
    const wasGone = this.isGone(NEVER) && this.mentionedAt <= this.goneAt;
    this.goneAt = Math.max(this.goneAt, at);
    if (this.hasDisappeared) this.recorder?.noteGone(this, at, end);
    this.noteChange(wasGone ? "reading" : this.rememberedAs);
  }

  /** Notes that Alma answered at `at` of which kind the id is. */
  markKindKnown(at: number): void {
    if (at <= this.kindKnownAt) return;
    const isNews = !this.hasBeenSeen || this.isGone(NEVER);
    this.kindKnownAt = at;
    this.noteChange(isNews ? "content" : "reading");
  }

  /** Notes that the relation index has the relations that were read at `at`. */
  markRelationsKnown(at: number): void {
    this.relationsKnownAt = at;
    this.noteChange("reading");
  }

  /** Notes that a read of the detail, started at `at`, has failed. */
  markFailed(at: number, error: AlmaError): void {
    const hasFailedBefore = this.failure !== undefined;
    this.failure = { at, error };
    this.noteChange(hasFailedBefore ? "reading" : this.rememberedAs);
  }

  /** Notes that a write of this scope, which may have changed the record, ended at `at`. */
  markInvalidated(at: number, scope: WriteScope): void {
    markInvalidated(this, at, scope);
    this.noteChange("content");
  }

  /** Notes that a write that ended at `at` may have changed to which records it refers. */
  markRelationsInvalidated(at: number): void {
    this.relationsInvalidatedAt = Math.max(this.relationsInvalidatedAt, at);
    this.noteChange("content");
  }

  /**
   * When what may be served at a level was read; NEVER if nothing may be. A `field` restricts SUMMARY to that field. A
   * field that neither a list nor another record shows is taken from the detail.
   */
  asOf(level: Level, field?: string): number {
    if (level === EXISTS) return this.#partAsOf(this.mentionedAt);
    if (field !== undefined) return this.#partAsOf(this.partialAt(field));
    if (level === SUMMARY) {
      this.#summaryAsOf ??= this.#partAsOf(this.partialAt());
      return this.#summaryAsOf;
    }
    if (this.#detailAsOf === undefined) {
      const at = this.#unsupersededDetailAt();
      this.#detailAsOf = at > this.detailInvalidatedAt ? at : NEVER;
    }
    return this.#detailAsOf;
  }

  /** When what may be served of the fields was read that lists or other records show, last at `partialAt`. */
  #partAsOf(partialAt: number): number {
    const at = this.#unsupersededDetailAt();
    return partialAt > this.invalidatedAt && partialAt > at ? partialAt : at;
  }

  #unsupersededDetailAt(): number {
    const supersededAt = this.servesSuperseded ? NEVER : this.supersededAt;
    return this.detailAt > Math.max(this.invalidatedAt, supersededAt, this.goneAt) ? this.detailAt : NEVER;
  }

  /** When Alma last answered about it: that it is gone, or with a detail that may be served; else NEVER. */
  get knownAt(): number {
    return this.isGone(NEVER) ? this.goneAt : this.asOf(DETAIL);
  }

  /** Whether the records that it refers to are unknown, so that it may refer to any. */
  get hasUnknownRelations(): boolean {
    return this.relationsKnownAt <= this.relationsInvalidatedAt;
  }

  /** Whether Alma ever answered anything about it, if only that its id is of this kind. */
  get hasBeenSeen(): boolean {
    return Math.max(this.detailAt, this.mentionedAt, this.kindKnownAt) !== NEVER;
  }

  /** What it changes that the record begins or ceases to be remembered, or is found gone. */
  get rememberedAs(): RecordChange {
    return this.hasBeenSeen || this.membership ? "content" : "unseen";
  }

  /** When a list or another record last began to name it or showed it otherwise, or Alma last answered its kind. */
  get changeReportedAt(): number {
    return Math.max(this.partialChangedAt, this.kindKnownAt);
  }

  /**
   * Whether Alma answered that there is no such record, at `cutoff` or later, and nothing has contradicted it since. A
   * list that merely repeats the record does not contradict it.
   */
  isGone(cutoff: number): boolean {
    const contradictedAt = Math.max(this.invalidatedAt, this.detailAt, this.changeReportedAt);
    return this.goneAt > contradictedAt && this.goneAt >= cutoff;
  }

  /** Whether Alma no longer has it: it has answered so twice, some time apart, and nothing has contradicted it. */
  get hasDisappeared(): boolean {
    return this.isGone(NEVER) && this.goneSince !== NEVER && this.goneAt - this.goneSince >= APART;
  }

  /** Whether Alma has shown it and now answers that there is no such record, but may do so wrongly. */
  get isDoubtfullyGone(): boolean {
    return this.isShown && this.isGone(NEVER) && !this.hasDisappeared;
  }

  /** Whether its list has ceased to name it, or Alma to have it, and no reading has shown what that means. */
  get isUndecided(): boolean {
    return this.isDoubtfullyGone || (this.isWithdrawn && this.knownAt === NEVER);
  }

  /** Why the detail could not be read, if that was tried at `cutoff` or later and after the last write. */
  failureSince(cutoff: number): AlmaError | undefined {
    const { failure } = this;
    const writtenAt = Math.max(this.invalidatedAt, this.detailInvalidatedAt);
    return failure && failure.at > writtenAt && failure.at >= cutoff ? failure.error : undefined;
  }

  /** Applies a detail that was read from `at` to `end`. A detail older than the known one changes nothing. */
  applyDetail(values: FieldValues, fieldErrors: FieldErrors, at: number, end = at): void {
    if (at <= this.detailAt) return;
    if (this.goneAt !== NEVER) this.recorder?.noteReturn(this, this.goneAt, at, end);
    // What was missing, gone, superseded or written to can be shown again.
    const isShownAgain = this.failure !== undefined || this.isGone(NEVER) || this.asOf(DETAIL) === NEVER;
    this.failure = undefined;
    this.replaceDetail(values, fieldErrors, at, end);
    if (isShownAgain) this.noteChange("content");
  }

  /** What `restore` makes the same of. */
  toState(): RecordState {
    return {
      ...this.sourcesState(),
      invalidatedAt: toTime(this.invalidatedAt),
      detailInvalidatedAt: toTime(this.detailInvalidatedAt),
      relationsInvalidatedAt: toTime(this.relationsInvalidatedAt),
      goneAt: toTime(this.goneAt),
      goneSince: toTime(this.goneSince),
      kindKnownAt: toTime(this.kindKnownAt),
      relationsKnownAt: toTime(this.relationsKnownAt),
      failure: failureState(this.failure),
      written: this.written,
    };
  }

  /** Becomes as the record of another process was at `at`. Writes that ended later still count. */
  restore(state: RecordState, at: number): void {
    this.restoreSources(state);
    for (const write of writeTimes)
      this[write] = Math.max(fromTime(state[write]), this[write] > at ? this[write] : NEVER);
    this.goneAt = fromTime(state.goneAt);
    this.goneSince = fromTime(state.goneSince);
    this.kindKnownAt = fromTime(state.kindKnownAt);
    this.relationsKnownAt = fromTime(state.relationsKnownAt);
    this.failure = restoreFailure(state.failure);
    this.written = state.written;
    this.noteChange("content");
  }

  /** Whether there is a detail that may be served although it is superseded: the list still names the record. */
  get canServeSuperseded(): boolean {
    return (
      this.isListed && this.detailAt > Math.max(this.invalidatedAt, this.detailInvalidatedAt, this.goneAt)
    );
  }

  /** Serves a superseded detail, if that may be. Returns whether it may. */
  serveSuperseded(): boolean {
    this.servesSuperseded = this.canServeSuperseded;
    this.noteChange("content");
    return this.servesSuperseded;
  }
}
