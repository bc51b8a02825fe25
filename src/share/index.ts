export { type Runtime, systemRuntime } from "./clock/runtime.ts";
export { ENDING_TIME, type ForwardingMarks, type Leader, type Leadership } from "./leadership/leadership.ts";
export { createShare, type ShareState } from "./share.ts";
export type { SharedBackend } from "./shared-backend.ts";
export { openSingleProcess } from "./single-process.ts";
