export { ENDING_TIME, type ForwardingMarks, type Leader, type Leadership } from "./lease/leadership.ts";
export { createShare } from "./share.ts";
export type { ShareState } from "./share-state.ts";
export type { SharedBackend } from "./shared-backend.ts";
export { openSole } from "./sole.ts";
export { type Runtime, systemRuntime } from "./term/runtime.ts";
