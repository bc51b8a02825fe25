import { defineCapability } from "../../capability.ts";
import { switchedOff } from "../../server/index.ts";
import { addGraphiqlRoute } from "./graphiql.ts";
import { sandbox } from "./sandbox.ts";

/** Apollo Sandbox at `/`, and GraphiQL at `/graphiql`. */
export const explorers = defineCapability({
  name: "explorers",
  prepare: ({ config: { explorers, open } }) =>
    explorers
      ? { ports: { startPage: sandbox }, routes: addGraphiqlRoute(open) }
      : {
          routes: (app) =>
            app.get("/graphiql", { config: { isPublic: true } }, (_request, reply) =>
              reply.code(404).send(switchedOff("Explorers are", "INTROSPECTION")),
            ),
        },
});
