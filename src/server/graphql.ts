import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { Config } from "../config.ts";
import type { Graph } from "./graph.ts";
import type { Log } from "./log.ts";
import type { Operation } from "./operation.ts";
import { statusByAccept } from "./status.ts";

/** What every resolver and plugin is given: the graph's context with the operation that it belongs to. */
export interface Served {
  readonly operation: Operation;
}

/** Headers that no page of another origin can send without asking first; one of them lets a GET or a form through. */
const preflighted = ["authorization", "x-api-key", "apollo-require-preflight", "x-apollo-operation-name"];

/** Apollo Server over a graph, started, with this process's plugins after the graph's own. */
export async function createApollo(
  config: Config,
  graph: Graph,
  log: Log,
  plugins: readonly ApolloServerPlugin<Served>[],
): Promise<ApolloServer<Served>> {
  const apollo = new ApolloServer<Served>({
    schema: graph.schema,
    nodeEnv: "production",
    introspection: config.introspection,
    hideSchemaDetailsFromClientErrors: !config.introspection,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    stopOnTerminationSignals: false,
    csrfPrevention: { requestHeaders: preflighted },
    formatError: graph.formatError,
    logger: log,
    plugins: [
      ...graph.plugins,
      ...plugins,
      statusByAccept,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await apollo.start();
  return apollo;
}
