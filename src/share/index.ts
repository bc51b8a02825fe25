export { type Runtime, systemRuntime } from "./clock/runtime.ts";
export {
  type ForwardingMarks,
  LEAVING_LEADER_TIME,
  type Leader,
  type Leadership,
} from "./leadership/leadership.ts";
export { createShare, type ShareState } from "./share.ts";
export type { SharedBackend } from "./shared-backend.ts";
export { openSingleProcess } from "./single-process.ts";
