import type {
  BaseContext,
  GraphQLRequest,
  GraphQLResponse,
  HTTPGraphQLHead,
  HTTPGraphQLRequest,
} from "@apollo/server";
import { type DocumentNode, GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from "graphql";
import type { Freshness } from "../../catalog/index.ts";
import { badInput } from "../argument/bad-input.ts";
import { dropRedundantErrors } from "../argument/invalid-argument.ts";
import { markMalformed } from "../argument/malformed.ts";
import { executeQuery } from "../execution/execution.ts";
import { readDirective } from "../execution/operation-info.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { ReportError } from "../resolver/graph-settings.ts";
import { type FindOtherCatalog, type IsFollowed, refuseOtherCatalogs } from "../resolver/other-catalog.ts";
import { findWholeFields, type RowsRequest } from "../resolver/rows-request.ts";
import { checkArguments } from "./argument-checks.ts";
import { explainAnswer, readExplain } from "./explain-answer.ts";
import {
  addDoneMutations,
  addRequestId,
  formatAlmaError,
  formatFieldError,
  isUnexpected,
} from "./format-error.ts";

/** A GraphQL request. Without `http`, it was not sent over HTTP. */
export interface OperationRequest
  extends Pick<GraphQLRequest, "query" | "operationName" | "variables" | "extensions"> {
  readonly http?: Pick<HTTPGraphQLRequest, "method"> & Partial<Pick<HTTPGraphQLRequest, "headers">>;
}

/** A response that is sent as a whole, as all are: the schema has neither `@defer` nor `@stream`. */
export interface SingleResponse {
  readonly http: HTTPGraphQLHead;
  body: Extract<GraphQLResponse["body"], { kind: "single" }>;
}

/** An operation whose document has been parsed and validated. */
export interface ResolvedOperation<C extends BaseContext> {
  readonly request: OperationRequest;
  readonly contextValue: C;
  readonly response: { readonly http: HTTPGraphQLHead };
  /** The document without the fields that the step `authorize` removed. */
  document: DocumentNode;
  operation: OperationDefinitionNode;
  readonly operationName?: string | null;
}

/** An operation whose response is ready. It has no document, or no operation, if it was refused early. */
export interface AnsweredOperation<C extends BaseContext>
  extends Pick<ResolvedOperation<C>, "request" | "contextValue">,
    Partial<Pick<ResolvedOperation<C>, "document" | "operationName">> {
  readonly operation?: OperationDefinitionNode;
  readonly response: SingleResponse;
  /** The SHA-256 of the document's text. */
  readonly queryHash?: string;
}

/**
 * Reads `@freshness` of an operation. Returns undefined without the directive, and if variables are invalid,
 * because the execution then refuses the operation. Throws BAD_USER_INPUT for a negative age.
 */
export function readFreshness(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variableInput: Readonly<Record<string, unknown>> | undefined,
): Freshness | undefined {
  const values = readDirective(schema, operation, variableInput, "freshness");
  if (!values) return undefined;
  const { maxAge, of, ifUnreachable } = values as {
    maxAge?: number | null;
    of?: string;
    ifUnreachable?: string;
  };
  if (maxAge != null && maxAge < 0) {
    throw badInput("@freshness.maxAge", `${maxAge} is not an age; give seconds, 0 to read everything now.`);
  }
  return {
    ...(maxAge != null && { maxAge: maxAge * 1000 }),
    isOfRows: of === "ROWS",
    serveStale: ifUnreachable === "SERVE_STALE",
  };
}

/**
 * Creates the steps of every operation. `prepare` marks malformed values in the inputs of writes, so that they do not
 * refuse the operation. `begin` sets the cut-offs and checks the arguments before anything is read. `openCatalog`
 * selects the catalog. `execute` answers queries. `complete` adds `extensions.alma` (calls, age, lists truncated by the
 * default of `first`, missing settings) and the errors about partial data; an operation that failed as a whole has one
 * error and no data. `@explain` adds `extensions.explain`.
 */
export function createAnswerSteps(
  schema: GraphQLSchema,
  report: ReportError,
  findOtherCatalog: FindOtherCatalog = refuseOtherCatalogs,
  isFollowed: IsFollowed = () => false,
) {
  const reportUnexpected = (errors: readonly GraphQLError[], { requestId }: GraphContext) => {
    for (const error of errors) if (isUnexpected(error)) report(error.originalError, requestId);
  };
  return {
    reportUnexpected,
    prepare({ document, operation, request }: ResolvedOperation<GraphContext>) {
      const variables = markMalformed(schema, document, operation, request.variables);
      if (variables) Object.assign(request, { variables });
    },
    begin(
      { contextValue, document, operation, request }: ResolvedOperation<GraphContext>,
      rows?: RowsRequest,
    ): PromiseOrValue<void> {
      const { variables } = request;
      if (operation.operation === "subscription")
        throw new GraphQLError("Send subscriptions to /graphql/stream, or use a query here.", {
          nodes: operation,
          extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
        });
      const explanation = readExplain(schema, operation, variables);
      const ownAge = rows?.maxAge !== undefined && { maxAge: rows.maxAge };
      const { isLeaderless } = contextValue.request;
      const isOfCatalog = isFollowed(operation);
      const freshness = {
        isOfCatalog,
        ...readFreshness(schema, operation, variables),
        ...ownAge,
      };
      if (isOfCatalog && freshness.maxAge === 0)
        throw badInput(
          "@freshness.maxAge",
          "A live query cannot use maxAge 0, which would read from Alma continuously. Give a number of seconds above 0.",
        );
      contextValue.begin({
        freshness,
        explanation,
        rows,
        wholeFields: rows && findWholeFields(document, operation, rows),
        otherCatalog: findOtherCatalog({ schema, operation, variables, rows }),
        isFollowed: isOfCatalog,
      });
      const checks = checkArguments(schema, document, operation, variables, contextValue);
      return mapPromiseOrValue(contextValue.limits.run("checking the arguments", checks), () => {
        if (isLeaderless && !contextValue.operation.serveStale)
          throw new GraphQLError(
            "No process of this gateway leads at the moment, so only queries with @freshness(ifUnreachable: SERVE_STALE) are " +
              "answered. Try again in a moment.",
            { extensions: { code: "NO_LEADER", retryAfter: 1, http: { status: 503 } } },
          );
      });
    },
    async openCatalog({ contextValue }: ResolvedOperation<GraphContext>) {
      const { catalog, operation, options } = contextValue;
      const { otherCatalog } = options;
      if (!otherCatalog) return;
      const used = otherCatalog.open(catalog);
      await operation.waitFor(used).catch((error) => {
        used.then(({ release }) => release()).catch(() => {});
        throw error;
      });
      contextValue.answerFrom(await used, otherCatalog.day);
    },
    execute(resolved: ResolvedOperation<GraphContext>): PromiseOrValue<SingleResponse | undefined> {
      const { contextValue, document, operation, operationName, request, response } = resolved;
      if (operation.operation !== "query") return undefined;
      const args = {
        schema,
        document,
        operationName,
        variableValues: request.variables ?? {},
        contextValue,
      };
      const { limits, options } = contextValue;
      return mapPromiseOrValue(executeQuery(args, limits, options.rows?.sink), (result) => {
        if (!result) return undefined;
        reportUnexpected(result.errors ?? [], contextValue);
        const errors = result.errors?.map(formatFieldError);
        // Safe: only the printer reads the data.
        const data = isDry(contextValue) ? null : (result.data as Record<string, unknown> | null);
        // Apollo merges this head into its own, so that no field error sets a status or header.
        const singleResult = errors ? { data, errors } : { data };
        return { http: response.http, body: { kind: "single", singleResult } };
      });
    },
    complete({ contextValue, document, operation, response }: AnsweredOperation<GraphContext>) {
      contextValue.end();
      const result = response.body.singleResult;
      const { requestId, operation: ownOperation, operations, doneMutations, options } = contextValue;
      const { cutByDefault, missingSettings, warnings } = contextValue;
      const errors = result.errors ? [...dropRedundantErrors(result.errors)] : [];
      let oldestReading = Infinity;
      let calls = 0;
      for (const ended of operations) {
        for (const { error, path } of ended.partialDataErrors) errors.push(formatAlmaError(error, path));
        oldestReading = Math.min(oldestReading, ended.oldest);
        calls += ended.calls;
      }
      // Keep the payloads of mutations even if the operation failed later, since the writes were performed.
      if (ownOperation.failure && operation?.operation !== "mutation") {
        const { code, limit, retryAfter } = ownOperation.failure;
        result.data = null;
        result.errors = [formatAlmaError(ownOperation.failure)];
        if (limit) response.http.status = 400;
        if (code === "OVERLOADED") {
          response.http.status = 503;
          response.http.headers.set("retry-after", String(retryAfter));
        }
      } else if (errors.length > 0)
        result.errors = errors.map((error) =>
          addDoneMutations(addRequestId(error, requestId), doneMutations),
        );
      const oldest = contextValue.toDate(oldestReading)?.toISOString() ?? null;
      const cut = cutByDefault.size > 0 && { cutByDefault: [...cutByDefault] };
      const missing = missingSettings.size > 0 && { missingSettings: [...missingSettings] };
      const reused = contextValue.views.countReadBefore(ownOperation.startedAt);
      const alma = isDry(contextValue)
        ? { calls, reused: 0, oldest: null, ...missing }
        : { calls, reused, oldest, ...options.otherCatalog?.extension, ...cut, ...missing };
      // A query without data was refused before its execution, so there is nothing to explain.
      const explain =
        document && operation && result.data !== undefined ? explainAnswer(contextValue) : undefined;
      result.extensions = {
        ...result.extensions,
        alma,
        ...(warnings.length > 0 && { warnings }),
        ...(explain && { explain }),
      };
    },
  };
}

/** Returns whether the caller asks only for the cost of the query, not for data. */
function isDry({ operation }: GraphContext) {
  return operation.explanation?.isDry === true;
}
