import { type FastifyPluginAsync, fastify } from "fastify";
import { answerParent } from "../child.ts";
import { requirePeer } from "./install.ts";
import { Loaders, resolvers, typeDefs } from "./textbook.ts";

/** The textbook's resolvers on mercurius with JIT, which compiles queries. */
const mercurius = requirePeer("mercurius") as FastifyPluginAsync<{
  readonly schema: string;
  readonly resolvers: typeof resolvers;
  readonly context: () => Loaders;
  /** The number of executions after which a query is compiled. */
  readonly jit: number;
}>;

const app = fastify();
await app.register(mercurius, { schema: typeDefs, resolvers, context: () => new Loaders(), jit: 1 });
answerParent(await app.listen({ port: 0, host: "127.0.0.1" }));
