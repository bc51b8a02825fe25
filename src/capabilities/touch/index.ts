import { defineCapability } from "../../capability.ts";
import { addTouchRoute } from "./touch-route.ts";

/** `POST /touch`: whoever knows of a change made elsewhere has it read now. */
export const touch = defineCapability({
  name: "touch",
  prepare: () => ({ routes: addTouchRoute }),
});
