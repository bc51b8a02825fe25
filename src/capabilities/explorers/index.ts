import { defineCapability } from "../../capability.ts";
import { addGraphiqlRoute } from "./graphiql.ts";
import { sandbox } from "./sandbox.ts";

/** Apollo Sandbox at `/`, and GraphiQL at `/graphiql`. */
export const explorers = defineCapability({
  name: "explorers",
  prepare: () => ({ ports: { startPage: sandbox }, routes: addGraphiqlRoute }),
});
