import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { GraphQLFormattedError } from "graphql";
import type { Config, Log } from "../../config/index.ts";
import type { OperationHooks } from "../../graph/index.ts";
import type { SharedStore } from "../../share/index.ts";
import { DocumentStore } from "../document/document-store.ts";
import { createSharedDocuments } from "../document/shared-documents.ts";
import { recordAccess } from "../gate/access-recorder.ts";
import { authorizationHooks } from "../gate/authorization.ts";
import { checkOnlyHooks } from "../gate/check-only.ts";
import { cpuMeteringHooks } from "../gate/cpu-metering.ts";
import { documentSizeRule } from "../gate/document-size-rule.ts";
import { operationLimitsHooks } from "../gate/operation-limits.ts";
import { reportLimitHooks } from "../gate/report-limit.ts";
import { type ServerContext, unwrapContextHooks } from "../gate/server-context.ts";
import { switchedOffMessage } from "../http/error-response.ts";
import { preflightHeaders } from "../http/preflight-header.ts";
import type { KeptAnswers } from "../kept/kept-answers.ts";
import { sandboxPlugin } from "../page/apollo-sandbox.ts";
import { exampleQueries } from "../page/example-queries.ts";
import type { Graph } from "../scope/graph.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";
import { explainKeptHooks } from "./explain-kept.ts";
import { HooksInOrder } from "./hooks-in-order.ts";
import { hooksPlugin } from "./hooks-plugin.ts";
import { cachingHooks } from "./http-caching.ts";
import { keepAnswersHooks } from "./keep-answer.ts";
import { responseTextHooks, responseTextOf } from "./response-text.ts";

/**
 * Creates and starts Apollo Server; `laterHooks` run after those of the graph. `store`: of several processes. Returns
 * it with all hooks and with the documents that it knows.
 */
export async function createApollo(
  config: Config,
  graph: Graph,
  analyzer: OperationAnalyzer,
  log: Log,
  answers: KeptAnswers,
  store: SharedStore | undefined,
  laterHooks: readonly OperationHooks<ServerContext>[],
) {
  recordAccess(graph.schema, analyzer.schemaScopes);
  const documents = new DocumentStore();
  const hooks = new HooksInOrder([
    unwrapContextHooks,
    cpuMeteringHooks,
    operationLimitsHooks(analyzer, config),
    authorizationHooks(analyzer, graph, config),
    checkOnlyHooks,
    reportLimitHooks(analyzer),
    ...graph.hooks,
    explainKeptHooks(answers, analyzer, graph),
    responseTextHooks(config.maxResponse),
    ...laterHooks,
    cachingHooks(graph.schema, analyzer),
    ...(answers.isOn ? [keepAnswersHooks(answers, graph.schema, analyzer, graph)] : []),
  ]);
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
    ...(store && { persistedQueries: { cache: createSharedDocuments(store) } }),
    parseOptions: { maxTokens: config.maxTokens },
    validationOptions: { maxErrors: 5 },
    // This rule replaces Apollo's maxRecursiveSelections and runs before the expensive rules.
    validationRules: [documentSizeRule(config)],
    stringifyResult: responseTextOf,
    plugins: [
      hooksPlugin(hooks),
      config.explorers
        ? sandboxPlugin(exampleQueries[0].query, graph.today !== undefined)
        : ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await apollo.start();
  return { apollo, hooks, documents };
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
