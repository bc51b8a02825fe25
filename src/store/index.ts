export { FORGET_INTERVAL, forgetChanges } from "./lasting/forget-changes.ts";
export {
  packReadings,
  type ReadingTimes,
  splitTimes,
  unpackReadings,
  withTimes,
} from "./lasting/reading-times.ts";
export { openStore } from "./open-store.ts";
export type { PostgresAddress } from "./postgres/connection.ts";
export { checkPostgres } from "./postgres/layout.ts";
export { PostgresStore } from "./postgres/postgres-store.ts";
export { createSeal, type Seal } from "./sealed/seal.ts";
export {
  type KeptValue,
  type Lease,
  type LogEnd,
  type Look,
  type NewCommit,
  type NewTerm,
  type Renewal,
  type Renewed,
  type SharedStore,
  type StoredEntry,
  StoreUnreachable,
} from "./shared/shared-store.ts";
export { runStoreCommand } from "./store-cli.ts";
