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

/** Returns whether a record is archived, by its detail. Alma shows this for all kinds but clients. */
export function isArchived({ value }: CachedRecord): boolean {
  const { isArchived: archived, unitUsage } = value as KnownFields<"unit"> & KnownFields<"tenantContract">;
  return archived === true || unitUsage?.isArchived === true;
}

/**
 * Returns whether a record is a unit let as a whole, which Alma also finds by its additional Bitrix id (Alma:
 * Apartments).
 */
export function isLetWhole({ kind, value }: CachedRecord): boolean {
  return kind === "unit" && (value as KnownFields<"unit">).isUsedAdditionalExternalId === true;
}

/**
 * Returns whether a record is the unit let as a whole that represents a Bitrix unit (Alma: Apartments, Rental object).
 */
export function isRepresentativeOf(record: CachedRecord, bitrixUnitId: string): boolean {
  const { additionalExternalId } = record.value as KnownFields<"unit">;
  return isLetWhole(record) && isSameExternalId(additionalExternalId, bitrixUnitId);
}

/** Returns whether a unit or room has this Bitrix id, or represents it as a unit let as a whole. */
export function matchesExternalId(record: CachedRecord, externalId: string): boolean {
  return isSameExternalId(record.value.externalId, externalId) || isRepresentativeOf(record, externalId);
}

/** A version of a record: its known fields, and when its summary and detail were read; NEVER if unknown or outdated. */
export interface RecordVersion extends Pick<CachedRecord, "value" | "fieldErrors"> {
  readonly record: CachedRecord;
  readonly summaryAt: number;
  readonly detailAt: number;
}

/** The shortest time, in milliseconds, between two answers that prove that a record has disappeared. */
const APART = 10_000;

/** The times that a record stores, except those of its sources and of writes. */
const readingTimes = ["goneAt", "goneSince", "kindKnownAt", "relationsKnownAt"] as const;
const ownTimes = [...writeTimes, ...readingTimes];

/**
 * One record as last read, with the times of reading. All times are by the clock (see `WriteTimes` for the rule of
 * time).
 *
 * | state | entered when | what may be served | left when |
 * | --- | --- | --- | --- |
 * | unknown | it is requested, and nothing was read | nothing | anything is read |
 * | partial | a list or another record names it | the fields shown there | its detail is read |
 * | known | its detail is read | all fields | one of the next three states is entered |
 * | superseded | a newer list or record differs, or a list drops it | as if partial (*) | its detail is read |
 * | invalidated | a write ends that may have changed it | data read after the write | its detail is read |
 * | gone (**) | Alma answers that there is no such record | its absence | it is read or newly listed, or a write ends |
 *
 * (*) All fields, after `serveSuperseded()`. (**) It has *disappeared* once Alma has answered so twice
 * (`hasDisappeared`).
 *
 * A *failed* read of the detail (`failure`) can be noted in each state, and is forgotten when a detail is read. A
 * reading ends a state only if it was sent after that state was entered.
 */
export class CachedRecord extends RecordSources implements WriteTimes {
  readonly kind: Kind;
  readonly id: number;
  /** The id in the graph: `Unit:9199`. */
  readonly key: string;
  /** Whether the newest list contains it, or only other records refer to it. Updated by `Store.settle`. */
  membership: "listed" | "referred" | undefined;
  /** Whether it has changed since the last `Store.settle` (see `createStateKeeper`). */
  hasNewChange = false;
  /** Its index in the arrays of its kind's columns; -1 while it is not in the catalog. */
  slot = -1;
  /** Increased by every change of its content. */
  version = 0;
  /** Whether the newest list contains it. */
  isListed = false;
  /** Whether it is unlikely to change (see `createIsClosed`). Updated by `Store.settle`. */
  isClosed = false;
  invalidatedAt = NEVER;
  detailInvalidatedAt = NEVER;
  relationsInvalidatedAt = NEVER;
  /** Observes every change after the record first entered the catalog. */
  observer: RecordObserver<CachedRecord> | undefined;
  /** Why and when the last read of the detail failed. */
  failure: Failure | undefined;
  /** When Alma last answered that there is no such record. */
  goneAt = NEVER;
  /** When it was first missing on a path known to be correct, with no sign of it since; else NEVER. */
  goneSince = NEVER;
  /** When Alma last answered only the kind of the id (Alma: Rental object). */
  kindKnownAt = NEVER;
  /** When the relations in the relation index were read. */
  relationsKnownAt = NEVER;
  /** The current version, cached until the next change because every answer that shows the record reads it. */
  #current: RecordVersion | undefined;

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
    this.#current = undefined;
  }

  /**
   * Records that Alma answered, to a call sent at `at` and answered at `end`, that there is no such record. `isProven`:
   * whether the path of the call is known to be correct.
   */
  markGone(at: number, end = at, isProven = true): void {
    if (!this.hasDisappeared) {
      if (!isProven || !this.isGone(NEVER)) this.goneSince = NEVER;
      if (isProven && this.goneSince === NEVER) this.goneSince = at;
    }
    // A list that has repeated it since is newer than the absence, so some operations may still be shown the record.
    const wasGone = this.isGone(NEVER) && this.mentionedAt <= this.goneAt;
    this.goneAt = Math.max(this.goneAt, at);
    if (this.hasDisappeared) this.recorder?.noteGone(this, at, end);
    this.noteChange(wasGone ? "reading" : this.presenceChange);
  }

  /** Records that Alma answered the kind of the id at `at`. */
  markKindKnown(at: number): void {
    if (at <= this.kindKnownAt) return;
    const isNews = !this.hasBeenSeen || this.isGone(NEVER);
    this.kindKnownAt = at;
    this.noteChange(isNews ? "content" : "reading");
  }

  /** Records that the relation index has the relations read at `at`. */
  markRelationsKnown(at: number): void {
    this.relationsKnownAt = at;
    this.noteChange("reading");
  }

  /** Records that a read of the detail, started at `at`, failed. */
  markFailed(at: number, error: AlmaError): void {
    const hasFailedBefore = this.failure !== undefined;
    this.failure = { at, error };
    this.noteChange(hasFailedBefore ? "reading" : this.presenceChange);
  }

  /** Records that a write of this scope, which may have changed the record, ended at `at`. */
  markInvalidated(at: number, scope: WriteScope): void {
    markInvalidated(this, at, scope);
    this.noteChange("content");
  }

  /** Records that a write ended at `at` which may have changed its references. */
  markRelationsInvalidated(at: number): void {
    this.relationsInvalidatedAt = Math.max(this.relationsInvalidatedAt, at);
    this.noteChange("content");
  }

  /**
   * Returns when the data that may be served at a level was read; NEVER if there is none. `field` restricts SUMMARY to
   * one field. Fields not shown by a list or another record come from the detail.
   */
  asOf(level: Level, field?: string): number {
    if (level === EXISTS) return this.#partAsOf(this.mentionedAt);
    if (field !== undefined) return this.#partAsOf(this.partialAt(field));
    return level === SUMMARY ? this.current.summaryAt : this.current.detailAt;
  }

  /** The current version. It does not change: a later reading creates another one. */
  get current(): RecordVersion {
    this.#current ??= this.#toVersion();
    return this.#current;
  }

  #toVersion(): RecordVersion {
    const { value, fieldErrors, detailInvalidatedAt } = this;
    const at = this.#unsupersededDetailAt();
    const detailAt = at > detailInvalidatedAt ? at : NEVER;
    return { record: this, value, fieldErrors, summaryAt: this.#partAsOf(this.partialAt()), detailAt };
  }

  /** Returns when fields shown by lists or other records, last at `partialAt`, were read. */
  #partAsOf(partialAt: number): number {
    const at = this.#unsupersededDetailAt();
    return partialAt > this.invalidatedAt && partialAt > at ? partialAt : at;
  }

  #unsupersededDetailAt(): number {
    const supersededAt = this.servesSuperseded ? NEVER : this.supersededAt;
    return this.detailAt > Math.max(this.invalidatedAt, supersededAt, this.goneAt) ? this.detailAt : NEVER;
  }

  /** When Alma last sent a detail that may be served, or answered that the record is missing; else NEVER. */
  get knownAt(): number {
    return this.isGone(NEVER) ? this.goneAt : this.asOf(DETAIL);
  }

  /** Whether its references are unknown, so that it may refer to any record. */
  get hasUnknownRelations(): boolean {
    return this.relationsKnownAt <= this.relationsInvalidatedAt;
  }

  /** Whether Alma ever answered anything about it, even if only the kind of its id. */
  get hasBeenSeen(): boolean {
    return Math.max(this.detailAt, this.mentionedAt, this.kindKnownAt) !== NEVER;
  }

  /** The type of the change if the record enters or leaves the catalog, or is found missing. */
  get presenceChange(): RecordChange {
    return this.hasBeenSeen || this.membership ? "content" : "unseen";
  }

  /** When a list or another record last began to mention it or showed a difference, or Alma last answered its kind. */
  get changeReportedAt(): number {
    return Math.max(this.partialChangedAt, this.kindKnownAt);
  }

  /**
   * Returns whether Alma answered at `cutoff` or later that there is no such record, and nothing has contradicted this
   * since. A list that still shows the record, unchanged, does not contradict it.
   */
  isGone(cutoff: number): boolean {
    const contradictedAt = Math.max(this.invalidatedAt, this.detailAt, this.changeReportedAt);
    return this.goneAt > contradictedAt && this.goneAt >= cutoff;
  }

  /** Whether Alma no longer has it: Alma has said so twice, some time apart, and nothing has contradicted this. */
  get hasDisappeared(): boolean {
    return this.isGone(NEVER) && this.goneSince !== NEVER && this.goneAt - this.goneSince >= APART;
  }

  /** Whether Alma has shown it and now answers, perhaps wrongly, that there is no such record. */
  get isDoubtfullyGone(): boolean {
    return this.isShown && this.isGone(NEVER) && !this.hasDisappeared;
  }

  /** Whether it is no longer listed, or reported missing once, and no read has explained why. */
  get isUndecided(): boolean {
    return this.isDoubtfullyGone || (this.isWithdrawn && this.knownAt === NEVER);
  }

  /** Returns why the detail could not be read at `cutoff` or later, after the last write. */
  failureSince(cutoff: number): AlmaError | undefined {
    const { failure } = this;
    const writtenAt = Math.max(this.invalidatedAt, this.detailInvalidatedAt);
    return failure && failure.at > writtenAt && failure.at >= cutoff ? failure.error : undefined;
  }

  /** Applies a detail read from `at` to `end`. One older than the known detail changes nothing. */
  applyDetail(values: FieldValues, fieldErrors: FieldErrors, at: number, end = at): void {
    if (at <= this.detailAt) return;
    if (this.goneAt !== NEVER) this.recorder?.noteReturn(this, this.goneAt, at, end);
    // Data that was missing, gone, superseded or invalidated is available again.
    const isShownAgain = this.failure !== undefined || this.isGone(NEVER) || this.asOf(DETAIL) === NEVER;
    this.failure = undefined;
    this.replaceDetail(values, fieldErrors, at, end);
    if (isShownAgain) this.noteChange("content");
  }

  /** Returns the state for `restore`. */
  toState(): RecordState {
    const times = ownTimes.map((time) => [time, toTime(this[time])]);
    return {
      ...this.sourcesState(),
      ...Object.fromEntries(times),
      failure: failureState(this.failure),
      verdicts: this.verdicts,
    };
  }

  /** Adopts the state of another process's record at `at`. Writes that ended later still count. */
  restore(state: RecordState, at: number): void {
    this.restoreSources(state);
    for (const write of writeTimes)
      this[write] = Math.max(fromTime(state[write]), this[write] > at ? this[write] : NEVER);
    for (const time of readingTimes) this[time] = fromTime(state[time]);
    this.failure = restoreFailure(state.failure);
    this.verdicts = state.verdicts;
    this.noteChange("content");
  }

  /** Whether a superseded detail may be served: the list still contains the record. */
  get canServeSuperseded(): boolean {
    return (
      this.isListed && this.detailAt > Math.max(this.invalidatedAt, this.detailInvalidatedAt, this.goneAt)
    );
  }

  /** Serves a superseded detail, if allowed. Returns whether it is. */
  serveSuperseded(): boolean {
    this.servesSuperseded = this.canServeSuperseded;
    this.noteChange("content");
    return this.servesSuperseded;
  }
}
