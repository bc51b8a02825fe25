import {
  ApolloServer,
  type ApolloServerPlugin,
  type GraphQLRequestContext,
  type GraphQLRequestListener,
  type GraphQLResponse,
  type HTTPGraphQLHead,
} from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import type { Config, Log } from "../../config/index.ts";
import type { Graph, ResolvedOperation, SingleResponse } from "../../graph/index.ts";
import type { DocumentStore } from "../document/document-store.ts";
import { documentSizeRule } from "../gate/document-size-rule.ts";
import { preflightHeaders } from "../http/cross-origin.ts";
import { disabledMessage } from "../http/error-response.ts";
import type { ServerContext } from "../observe/server-context.ts";
import type { BoundSteps } from "./operation-steps.ts";

type Context = GraphQLRequestContext<ServerContext>;

/**
 * Wraps a context. Apollo Server copies the properties of a context, which would break an object with private fields.
 */
export interface BoxedContext {
  readonly contextValue: ServerContext;
  /** The persisted document to execute instead of the request's query; null if the request names none. */
  readonly document: string | null;
}

/**
 * Creates the plugin that runs the steps in Apollo Server, which parses and validates documents. graphql-js executes
 * mutations. Known documents are not checked again.
 */
export function stepsPlugin(
  steps: BoundSteps,
  { reportUnexpected }: Pick<Graph, "reportUnexpected">,
): ApolloServerPlugin<ServerContext> {
  const charge = async ({ contextValue }: Pick<Context, "contextValue">, cost: string) => {
    const end = contextValue.admittedRequest.meter.begin(cost);
    return async () => end();
  };
  /** Undefined if the document lacks the named operation; graphql-js reports that. */
  const resolved = (context: Context) => context.operation && (context as ResolvedOperation<ServerContext>);
  const listener: GraphQLRequestListener<ServerContext> = {
    parsingDidStart: (context) => charge(context, "parsing the document"),
    validationDidStart: (context) => charge(context, "validating the document"),
    async didResolveOperation(context) {
      const { checked } = context.contextValue;
      const operation = resolved(context);
      try {
        if (checked?.refusal) throw checked.refusal;
        if (operation && !checked) await steps.check(operation);
      } catch (error) {
        refuse(error, context.response.http);
      }
    },
    async responseForOperation(context) {
      const operation = resolved(context);
      return (operation && (await steps.answer(operation))) ?? null;
    },
    async executionDidStart(context) {
      const operation = resolved(context);
      if (operation?.operation.operation !== "mutation") return;
      const end = steps.write(operation);
      return { executionDidEnd: async () => end() };
    },
    didEncounterErrors: async ({ errors, contextValue }) => reportUnexpected(errors, contextValue),
    async willSendResponse(context) {
      await steps.complete(Object.assign(context, { response: singleResponse(context.response) }));
      // Send the printed text instead of Apollo Server's JSON.
      if (context.contextValue.printed) context.response.body = { kind: "single", singleResult: {} };
    },
  };
  return {
    async requestDidStart(context) {
      const { contextValue, document } = context.contextValue as unknown as BoxedContext;
      Object.assign(context, { contextValue });
      if (document !== null) {
        const { persistedQuery: _, ...extensions } = context.request.extensions ?? {};
        Object.assign(context.request, { query: document, extensions });
      }
      return listener;
    },
  };
}

/** Returns a response of Apollo Server as what it always is. */
export function singleResponse(response: GraphQLResponse): SingleResponse {
  const { body } = response;
  if (body.kind !== "single") throw new Error("No answer comes in parts.");
  return Object.assign(response, { body });
}

/**
 * Refuses an operation before execution. Sets the status, by default 400, because Apollo Server answers 500 for errors
 * without one.
 */
function refuse(error: unknown, { headers }: HTTPGraphQLHead): never {
  if (error instanceof GraphQLError) error.extensions.http ??= { status: 400 };
  if (!(error instanceof AlmaError)) throw error;
  const { message, code, limit, retryAfter } = error;
  const status = code === "OVERLOADED" ? 503 : limit === undefined ? undefined : 400;
  if (status === undefined) throw error;
  if (retryAfter !== undefined) headers.set("retry-after", String(retryAfter));
  throw new GraphQLError(message, { originalError: error, extensions: { code, http: { status } } });
}

/** Creates and starts Apollo Server with the steps. */
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
    // Replaces Apollo's maxRecursiveSelections and runs before the expensive rules.
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
 * Replaces the errors of graphql-js for documents too large or too deep to parse, and Apollo Server's error for
 * disabled introspection, with ones that explain what to do.
 */
function explainRefusal(error: GraphQLFormattedError, maxTokens: number) {
  const { message, extensions } = error;
  if (message.startsWith("GraphQL introspection is not allowed"))
    return { ...error, message: disabledMessage("Introspection is", "INTROSPECTION") };
  if (extensions?.limit !== undefined)
    return { ...error, extensions: { ...extensions, code: "LIMIT_EXCEEDED" } };
  const isTooDeep = message.startsWith("Maximum call stack size exceeded");
  // graphql-js writes "more that".
  if (!isTooDeep && !message.startsWith("Syntax Error: Document contains more that")) return error;
  const problem = isTooDeep
    ? "The document is nested too deeply to be parsed"
    : `The document has more tokens than the allowed ${maxTokens}`;
  return {
    ...error,
    message: `${problem}. Split it into several operations, and send long lists as variables.`,
    extensions: { code: "LIMIT_EXCEEDED", limit: isTooDeep ? "MAX_DEPTH" : "MAX_TOKENS" },
  };
}
