import { defineCapability } from "../../capability.ts";
import { findPast } from "./graph/as-of.ts";
import { change, changeLog, changes } from "./graph/change-field.ts";
import { recordedLog } from "./record/recorder.ts";

/** Changes observed in Alma: `changes`, `changeLog`, `@asOf`. */
export const history = defineCapability({
  name: "history",
  constants: {
    /** HISTORY_MEMORY: bytes of the changes in memory; beyond it the oldest are forgotten. */
    historyMemory: 67_108_864,
  },
  resolvers: { Query: { changes }, Change: change },
  fieldsOf: () => ({ changeLog }),
  prepare: ({ config, calendar }) => ({
    ports: {
      createRecorder: recordedLog(config.historyMemory),
      findOtherCatalog: findPast(calendar),
    },
  }),
});
