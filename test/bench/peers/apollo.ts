import { ApolloServer } from "@apollo/server";
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from "@as-integrations/fastify";
import { fastify } from "fastify";
import { answerParent } from "../child.ts";
import { Loaders, resolvers, typeDefs } from "./textbook.ts";

/** The textbook's resolvers on Apollo Server. */
const app = fastify();
const apollo = new ApolloServer<Loaders>({ typeDefs, resolvers, plugins: [fastifyApolloDrainPlugin(app)] });
await apollo.start();
app.route({
  method: "POST",
  url: "/graphql",
  handler: fastifyApolloHandler(apollo, { context: async () => new Loaders() }),
});
answerParent(await app.listen({ port: 0, host: "127.0.0.1" }));
