export type { KindStatus } from "./background/status.ts";
export type { ReportedChange } from "./background/touch-queue.ts";
export { type BackgroundOptions, type Catalog, type CatalogOptions, createCatalog } from "./catalog.ts";
export {
  type CatalogEntry,
  ENTRY_FORMAT,
  isAboutList,
  READING_TIMES,
  type RecordEntry,
  wasInvalidated,
} from "./entry/entry.ts";
export {
  isJobName,
  JOB_IDS_NAME,
  jobName,
  jobPartName,
  parseJobName,
} from "./entry/stored-job-names.ts";
export { FORGOTTEN, type StoredKey, type StoredKeys, type StoredValues } from "./entry/stored-keys.ts";
export { noJournal, type WriteIntent, type WriteJournal } from "./entry/write-journal.ts";
export type { Validity } from "./operation/answer-basis.ts";
export { type ExplainedCall, Explanation } from "./operation/explanation.ts";
export type { Freshness } from "./operation/freshness.ts";
export { Operation, type PartialDataError } from "./operation/operation.ts";
export { findRequested, type ReadRequest, requiredLevel } from "./operation/read-plan.ts";
export { type FailedReads, groupByParent } from "./reading/completeness.ts";
export type { Members, MembersBelow } from "./reading/members.ts";
export {
  type CachedRecord,
  isArchived,
  isLetWhole,
  isRepresentativeOf,
  matchesExternalId,
  type RecordVersion,
} from "./record/cached-record.ts";
export { deleteVerdict, recordVerdict, verdictOn } from "./record/field-verdict.ts";
export {
  byKind,
  type Inverse,
  type Kind,
  type KnownFields,
  kindDefinitions,
  kinds,
  type Relation,
} from "./record/kind.ts";
export {
  type Change,
  type ChangeQuery,
  type ChangeSource,
  type Horizons,
  isHidden,
  type LoggedChange,
  type LoggedPast,
  type LogPlace,
  type LogPosition,
  type ReadPeriod,
  type ScopeOfField,
  type StoredChanges,
  type WriteCause,
} from "./record/logged-change.ts";
export type { RecordState } from "./record/record-state.ts";
export type {
  CreateRecorder,
  RecordedFields,
  Recorder,
  ShownSource,
  ShownValue,
} from "./record/recorder.ts";
export * as asShown from "./record/shown-field.ts";
export {
  DETAIL,
  EXISTS,
  type FieldErrors,
  type FieldValues,
  findFieldError,
  type Level,
  NEVER,
  NOT_STORED_REASON,
  type Source,
  SUMMARY,
} from "./record/source.ts";
export { assertUnambiguous } from "./shared-read/reader.ts";
export type { ColumnStore, ColumnValues, WithSlot } from "./store/column-store.ts";
export { cascadesOf, type WriteEffects } from "./store/invalidate.ts";
export {
  CONTRACT_KINDS,
  isContractKind,
  type LookupKind,
  type LookupResult,
  lookupKinds,
  typeNameOf,
} from "./store/store.ts";
export { findMissing } from "./store/table-list.ts";
