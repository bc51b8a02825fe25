export { ENDING_TIME, type ForwardingMarks, type Leader, type Leadership } from "./lease/leadership.ts";
export { createShare, type ShareState } from "./share.ts";
export type { SharedBackend } from "./shared-backend.ts";
export { openSole } from "./sole.ts";
export { type Runtime, systemRuntime } from "./term/runtime.ts";
