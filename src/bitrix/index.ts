export { type ItemKind, itemKinds } from "./item/item-kind.ts";
export type { JsonValue } from "./item/json.ts";
export type {
  FileLink,
  ItemError,
  ItemLink,
  MappedField,
  MappedItem,
  MappedValue,
} from "./item/mapped-item.ts";
export { loadMapping, mappingErrors } from "./mapping/load.ts";
export type { Dictionary, Mapping } from "./mapping/mapping.ts";
export { MappingError, type MappingIssue } from "./mapping/mapping-error.ts";
export { checkItems } from "./sync/check-items.ts";
export { type SyncResult, sync } from "./sync/sync.ts";
export type { WrittenValues } from "./task/context.ts";
export type { IdCache, SyncCache } from "./task/finder.ts";
export type { SyncError, SyncErrorCode } from "./task/sync-error.ts";
export type { Change, ItemTask, SyncAction, Task } from "./task/task.ts";
export type { ParentIds, WriteResult, Writer } from "./task/writer.ts";
