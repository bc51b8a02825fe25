import { defineCapability } from "../../capability.ts";
import { findPast } from "./as-of.ts";
import { change, changeLog, changes } from "./change-field.ts";
import { recordedLog } from "./create-recorder.ts";

/** Shows changes observed in Alma: `changes`, `changeLog`, `@asOf`. */
export const history = defineCapability({
  name: "history",
  constants: {
    /** HISTORY_MEMORY: the bytes of the changes in memory; above it the oldest are discarded. */
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
