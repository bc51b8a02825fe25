import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerParent } from "../child.ts";
import { requirePeer } from "./install.ts";
import { Loaders, resolvers, typeDefs } from "./textbook.ts";

/** The textbook's resolvers on GraphQL Yoga. */
const { createSchema, createYoga } = requirePeer("graphql-yoga") as {
  createSchema(options: object): object;
  createYoga(options: object): Parameters<typeof createServer>[1] & object;
};

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: () => new Loaders(),
  graphiql: false,
  logging: false,
});
const server = createServer(yoga);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
answerParent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
