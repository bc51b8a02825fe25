import { defineCapability } from "../../capability.ts";
import { addTouchRoute } from "./touch-route.ts";

/** Reads records that are known to have changed elsewhere: `POST /touch`. */
export const touch = defineCapability({
  name: "touch",
  prepare: () => ({ routes: addTouchRoute }),
});
