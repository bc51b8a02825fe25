import { defineCapability } from "../../capability.ts";
import { addTouchRoute } from "./touch-route.ts";

/** `POST /touch`: reads records that are known to have changed elsewhere. */
export const touch = defineCapability({
  name: "touch",
  prepare: () => ({ routes: addTouchRoute }),
});
