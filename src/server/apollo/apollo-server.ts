import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { GraphQLFormattedError } from "graphql";
import type { Config, Log } from "../../config/index.ts";
import type { DocumentStore } from "../document/document-store.ts";
import { documentSizeRule } from "../gate/document-size-rule.ts";
import { preflightHeaders } from "../http/cross-origin.ts";
import { switchedOffMessage } from "../http/error-response.ts";
import type { ServerContext } from "../observe/server-context.ts";
import type { Graph } from "../scope/graph.ts";
import type { BoundSteps } from "./steps.ts";
import { stepsPlugin } from "./steps-plugin.ts";

/** Creates and starts Apollo Server, which runs the steps. */
export async function startApollo(
  config: Config,
  graph: Graph,
  log: Log,
  steps: BoundSteps,
  documents: DocumentStore,
): Promise<ApolloServer<ServerContext>> {
  const apollo = new ApolloServer<ServerContext>({
    schema: graph.schema,
    nodeEnv: "production",
    introspection: config.introspection,
    hideSchemaDetailsFromClientErrors: !config.introspection,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    stopOnTerminationSignals: false,
    csrfPrevention: { requestHeaders: preflightHeaders },
    formatError: (formatted, error) => explainRefusal(graph.formatError(formatted, error), config.maxTokens),
    logger: log,
    documentStore: documents,
    parseOptions: { maxTokens: config.maxTokens },
    validationOptions: { maxErrors: 5 },
    // This rule replaces Apollo's maxRecursiveSelections and runs before the expensive rules.
    validationRules: [documentSizeRule(config)],
    stringifyResult: (result) => JSON.stringify(result),
    plugins: [
      stepsPlugin(steps, graph),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await apollo.start();
  return apollo;
}

/**
 * Explains the errors of graphql-js for documents that are too large or too deeply nested to parse, and Apollo's for
 * introspection where it is switched off.
 */
function explainRefusal(error: GraphQLFormattedError, maxTokens: number): GraphQLFormattedError {
  const { message, extensions } = error;
  if (message.startsWith("GraphQL introspection is not allowed"))
    return { ...error, message: switchedOffMessage("Introspection is", "INTROSPECTION") };
  if (extensions?.limit !== undefined)
    return { ...error, extensions: { ...extensions, code: "LIMIT_EXCEEDED" } };
  const isTooDeep = message.startsWith("Maximum call stack size exceeded");
  if (!isTooDeep && !message.startsWith("Syntax Error: Document contains more that")) return error;
  const problem = isTooDeep
    ? "The document is nested too deeply to be parsed"
    : `The document has more tokens than the allowed ${maxTokens} (MAX_TOKENS)`;
  return {
    ...error,
    message: `${problem}. Split it into several operations, and send long lists as variables.`,
    extensions: { code: "LIMIT_EXCEEDED", limit: isTooDeep ? "MAX_DEPTH" : "MAX_TOKENS" },
  };
}
