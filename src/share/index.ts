export { ENDING_TIME, type ForwardingMarks, type Leader, type Leadership } from "./leadership.ts";
export { Share } from "./share.ts";
export type { ShareState } from "./share-state.ts";
export type { SharedBackend } from "./shared-backend.ts";
export { createSharedLimit } from "./shared-limit.ts";
export { createSharedStore, type SharedStore } from "./shared-store.ts";
