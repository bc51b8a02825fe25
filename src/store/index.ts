export { checkEngine } from "./engine/check-engine.ts";
export { EngineUnreachable } from "./engine/connection.ts";
export { Engine } from "./engine/engine.ts";
export { Line } from "./engine/line.ts";
export type {
  IntentKey,
  Lease,
  LogEnd,
  Look,
  NewCommit,
  Renewal,
  Renewed,
  StoredEntry,
} from "./engine/stored.ts";
export { openStore } from "./open-store.ts";
export { createSeal, type Seal } from "./sealed/seal.ts";
