export type { KindStatus } from "./background/status.ts";
export { Catalog, type CatalogOptions, type Standing } from "./catalog.ts";
export type { SlotColumns, Slotted, SlotValues } from "./column/slot-columns.ts";
export type { AnswerBasis } from "./reading/answer-basis.ts";
export { type ExplainedCall, Explanation, type ReadKind } from "./reading/explanation.ts";
export { type FailedReads, PlacedFailedReads } from "./reading/failed-reads.ts";
export type { Freshness } from "./reading/freshness.ts";
export type { Members } from "./reading/member-query.ts";
export { Operation } from "./reading/operation.ts";
export { type ReadRequest, requiredLevel } from "./reading/read-plan.ts";
export { type CachedRecord, DETAIL, EXISTS, type Level, SUMMARY } from "./record/cached-record.ts";
export { answersTo, isArchived, isLetWhole, isRepresentativeOf } from "./record/detail-fact.ts";
export {
  type Inverse,
  type Kind,
  type KnownFields,
  kindDefinitions,
  kinds,
  type Relation,
} from "./record/kind.ts";
export { findFieldError, NEVER } from "./record/source.ts";
export type { CompletedWrite } from "./store/affected-records.ts";
export { cascadesOf } from "./store/cascade.ts";
export type { LookupResult } from "./store/store.ts";
