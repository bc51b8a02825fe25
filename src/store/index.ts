export { FORGET_INTERVAL, forgetChanges } from "./lasting/forget-changes.ts";
export {
  type LastingStore,
  type NewCommit,
  type OpenEntry,
  openEntry,
  type RefusedValue,
  type StoredEntry,
  type StoredValue,
  StoreRefusesError,
  StoreUnreachableError,
  sealEntry,
} from "./lasting/lasting-store.ts";
export {
  packReadings,
  type ReadingTimes,
  splitTimes,
  unpackReadings,
  withTimes,
} from "./lasting/reading-times.ts";
export { READINGS_NAME } from "./lasting/stored-values.ts";
export type { PostgresAddress } from "./postgres/connection.ts";
export { postgresFatalRequests } from "./postgres/fatal-requests-thread.ts";
export { checkPostgres } from "./postgres/layout.ts";
export { createPostgresStore } from "./postgres/postgres-store.ts";
export { maintainViews } from "./postgres/views.ts";
export { isWellFormed } from "./sealed/column-text.ts";
export { createSeal, type Seal } from "./sealed/seal.ts";
export type {
  Lease,
  LogEnd,
  NewTerm,
  ObservedState,
  Renewal,
  RenewalResult,
  SharedStore,
} from "./shared/shared-store.ts";
export { sqliteFatalRequests } from "./sqlite/fatal-requests-thread.ts";
export { openSqliteStore } from "./sqlite/sqlite-store.ts";
export { runStoreCommand } from "./store-command.ts";
