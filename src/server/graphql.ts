import { ApolloServer, type ApolloServerOptionsWithGateway, type ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { execute as executePlainly, type GraphQLFormattedError } from "graphql";
import type { Config } from "../config.ts";
import { answerText, textOf } from "./answer-text.ts";
import { caching } from "./caching.ts";
import type { Capacity } from "./capacity.ts";
import { createDocumentStore } from "./document-store.ts";
import { examples } from "./example.ts";
import type { Graph } from "./graph.ts";
import { guard } from "./guard.ts";
import { limit } from "./limit.ts";
import type { Log } from "./log.ts";
import type { Operation } from "./operation.ts";
import { sandboxPlugin } from "./sandbox.ts";
import { sizeRule } from "./size-rule.ts";
import { createSurveyor } from "./surveyor.ts";
import { unwrap } from "./unwrap.ts";
import { watch } from "./witness.ts";

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
  capacity: Capacity,
  plugins: readonly ApolloServerPlugin<Served>[],
): Promise<ApolloServer<Served>> {
  const surveyor = createSurveyor(graph.schema);
  watch(graph.schema, surveyor.annotations);
  const apollo = new ApolloServer<Served>({
    gateway: executor(graph),
    nodeEnv: "production",
    introspection: config.introspection,
    hideSchemaDetailsFromClientErrors: !config.introspection,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    stopOnTerminationSignals: false,
    csrfPrevention: { requestHeaders: preflighted },
    formatError: (formatted, error) => explainSize(graph.formatError(formatted, error), config.maxTokens),
    logger: log,
    documentStore: createDocumentStore(),
    parseOptions: { maxTokens: config.maxTokens },
    validationOptions: { maxErrors: 5 },
    // It includes what maxRecursiveSelections does, and comes before the rules that take long.
    validationRules: [sizeRule(config)],
    stringifyResult: textOf,
    plugins: [
      unwrap,
      ...graph.plugins,
      answerText(config.maxResponse),
      limit(surveyor, config),
      guard(surveyor, config.open),
      capacity.plugin(surveyor),
      ...plugins,
      caching(graph.schema, surveyor),
      config.explorers ? sandboxPlugin(examples[0].query) : ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await apollo.start();
  return apollo;
}

/** The graph's own way of executing, in the place that Apollo Server has for one. */
function executor({
  schema,
  execute = executePlainly,
}: Graph): NonNullable<ApolloServerOptionsWithGateway<Served>["gateway"]> {
  return {
    load: async () => ({
      executor: async ({ document, request: { operationName, variables }, context }) =>
        execute({ schema, document, operationName, variableValues: variables, contextValue: context }),
    }),
    onSchemaLoadOrUpdate(told) {
      told({ apiSchema: schema, coreSupergraphSdl: "" });
      return () => {};
    },
    stop: async () => {},
  };
}

/** The parser's and the validator's refusals of what is too large, in the words of this gateway. */
function explainSize(error: GraphQLFormattedError, maxTokens: number): GraphQLFormattedError {
  const { message, extensions } = error;
  if (extensions?.limit !== undefined)
    return { ...error, extensions: { ...extensions, code: "LIMIT_EXCEEDED" } };
  const deep = message.startsWith("Maximum call stack size exceeded");
  if (!deep && !message.startsWith("Syntax Error: Document contains more that")) return error;
  const fact = deep
    ? "The document is nested deeper than can be read"
    : `The document has more words and signs than the allowed ${maxTokens} (MAX_TOKENS)`;
  return {
    ...error,
    message: `${fact}. Ask in several operations, and give long lists as variables.`,
    extensions: { code: "LIMIT_EXCEEDED", limit: deep ? "MAX_DEPTH" : "MAX_TOKENS" },
  };
}
