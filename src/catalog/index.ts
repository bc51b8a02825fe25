export type { RefreshCost } from "./background/refresh-cost.ts";
export type { KindStatus } from "./background/status.ts";
export type { Touched } from "./background/touches.ts";
export { type Catalog, createCatalog } from "./catalog.ts";
export type { CatalogOptions } from "./catalog-options.ts";
export type { SlotColumns, Slotted, SlotValues } from "./column/slot-columns.ts";
export {
  type CatalogEntry,
  ENTRY_FORMAT,
  isAboutList,
  READING_TIMES,
  type RecordEntry,
} from "./entry/entry.ts";
export type { StoredKey, StoredKeys, StoredValues } from "./entry/stored-keys.ts";
export { noJournal, type WriteIntent, type WriteJournal } from "./entry/write-journal.ts";
export type { Standing } from "./operation/answer-basis.ts";
export { type ExplainedCall, Explanation } from "./operation/explanation.ts";
export type { Freshness } from "./operation/freshness.ts";
export { Operation, type PartialDataError } from "./operation/operation.ts";
export { findRequested, type ReadRequest, requiredLevel } from "./operation/read-plan.ts";
export { type FailedReads, placeFailedReads } from "./reading/failed-reads.ts";
export type { Outcome } from "./reading/load.ts";
export type { Members } from "./reading/member-query.ts";
export type { MembersBelow } from "./reading/members-below.ts";
export type { CachedRecord } from "./record/cached-record.ts";
export {
  type Change,
  type ChangeEvent,
  isHidden,
  type ScopeOfField,
  type WriteCause,
} from "./record/change.ts";
export { answersTo, isArchived, isLetWhole, isRepresentativeOf } from "./record/detail-fact.ts";
export {
  type Inverse,
  type Kind,
  type KnownFields,
  kindDefinitions,
  kinds,
  type Relation,
} from "./record/kind.ts";
export type {
  ChangeQuery,
  ChangeSource,
  Horizon,
  Horizons,
  LoggedChange,
  LoggedPast,
  LogPosition,
  Place,
  ReadPeriod,
  StoredChange,
  StoredChanges,
} from "./record/logged-change.ts";
export type { RecordState } from "./record/record-state.ts";
export type {
  CreateRecorder,
  RecordedFields,
  Recorder,
  Showing,
  ShownSource,
} from "./record/recorder.ts";
export { DETAIL, EXISTS, type Level, SUMMARY } from "./record/servable.ts";
export {
  comparedFields,
  exactText,
  nameOf,
  type ShownTypes,
  setShown,
  shownText,
  shownTypes,
} from "./record/shown-field.ts";
export {
  type FieldErrors,
  type FieldValues,
  findFieldError,
  NEVER,
  NOT_KEPT,
  type Source,
} from "./record/source.ts";
export { forgetWritten, noteWritten, verdictOn } from "./record/written-value.ts";
export { assertUnambiguous } from "./shared-read/id-holder.ts";
export type { CompletedWrite } from "./store/affected-records.ts";
export { cascadesOf } from "./store/cascade.ts";
export type { LookupKind } from "./store/lookup-cache.ts";
export type { LookupResult } from "./store/store.ts";
