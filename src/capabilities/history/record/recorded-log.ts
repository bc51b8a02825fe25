import type { CreateRecorder } from "../../../catalog/index.ts";
import { createChangeLog } from "../log/change-log.ts";
import { createRecorder } from "./recorder.ts";

/** Makes the recorder of a catalog: a log, of `maxBytes` of memory, with what records changes in it. */
export const recordedLog =
  (maxBytes?: number): CreateRecorder =>
  (clock, dateOf, scopeOf) => {
    const log = createChangeLog(clock, maxBytes, dateOf, scopeOf);
    return Object.assign(log, createRecorder(log));
  };
