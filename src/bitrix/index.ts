export {
  type DriftGroup,
  type ExcludedRecords,
  findDrift,
  findSuspects,
  requiredReads,
  selectKinds,
} from "./drift.ts";
export type { DriftData, DriftKind } from "./drift-check.ts";
export type { IdCache, SyncCache } from "./find.ts";
export * from "./mapped.ts";
export { MappingError, type MappingIssue } from "./mapping-fault.ts";
export { loadMapping, mappingErrors } from "./mapping-load.ts";
export { type SyncResult, sync } from "./sync.ts";
export type { SyncError, SyncErrorCode } from "./sync-error.ts";
export type { Change, SyncAction, Task } from "./task.ts";
export type { ParentIds, WriteResult, Writer } from "./writer.ts";
