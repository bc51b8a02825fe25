import type { FastifyReply, FastifyRequest } from "fastify";
import { GraphQLError, type GraphQLSchema } from "graphql";
import { coerceVariables, type ResolvedOperation } from "../../../graph/index.ts";
import {
  createErrorBody,
  hasPreflightHeader,
  type RouteParts,
  readGraphqlRequest,
  type TableAnswers,
} from "../../../server/index.ts";
import { outermostLists, selectColumns } from "../definition/columns.ts";
import { fieldAt, selectFields } from "../definition/selected-fields.ts";
import { CollectedRows } from "../sheet/collected-rows.ts";
import { type Format, formats } from "../sheet/format.ts";
import type { Column } from "../sheet/table.ts";
import { IncompleteTableError, OperationFailure } from "./failure.ts";
import { sendTable } from "./send-table.ts";
import { readTable, tableBatches } from "./table-answer.ts";

/**
 * Creates the functions that answer queries at `/graphql` as CSV and NDJSON, by media type. The rows are the items of
 * the only list that is not inside another list; the columns are titled by their paths.
 */
export function createTableAnswers({ schema, execute, log }: RouteParts): TableAnswers {
  async function answer(request: FastifyRequest, reply: FastifyReply, format: Format) {
    const operationRequest = readRequest(request);
    const rows = new CollectedRows();
    let columns: readonly Column[] = [];
    const execution = execute(request, reply, operationRequest, {
      chooseRows(operation) {
        const plan = planTable(schema, operation);
        if (!plan) return undefined;
        rows.path = plan.path;
        columns = plan.columns;
        return { sink: rows, isWhole: false };
      },
      isReport: false,
      checksOnly: false,
    });
    const result = await readTable(execution, rows, false);
    const { cutByDefault } = result;
    reply.header("cache-control", "no-store");
    if (cutByDefault.length > 0) reply.header("x-alma-cut-by-default", cutByDefault.join(", "));
    const table = { title: "", columns, batches: () => tableBatches(result, columns, undefined) };
    return sendTable(request, reply, table, format, { hasByteOrderMark: false }, result, log);
  }

  const answerIn = (format: Format) => (request: FastifyRequest, reply: FastifyReply) =>
    answer(request, reply, format).catch((error) => sendFailure(reply, error));
  return new Map([
    ["text/csv", answerIn(formats.csv)],
    ["application/x-ndjson", answerIn(formats.ndjson)],
  ]);
}

/** Answers with a failure as GraphQL. Throws all other errors. */
function sendFailure(reply: FastifyReply, error: unknown) {
  if (!(error instanceof OperationFailure)) throw error;
  if (error.retryAfter !== undefined) reply.header("retry-after", error.retryAfter);
  const advice =
    error instanceof IncompleteTableError
      ? " Try again later, or ask for JSON, which has the readable values and all errors."
      : "";
  return reply
    .code(error.status)
    .header("cache-control", "no-store")
    .type("application/graphql-response+json; charset=utf-8")
    .send(createErrorBody(error.code, error.message + advice));
}

/** Reads a request. Throws an OperationFailure if it is not GraphQL over HTTP, or may come from another site's page. */
function readRequest(request: FastifyRequest) {
  if (request.method === "GET" && !hasPreflightHeader(request.headers))
    throw failure("Send X-Api-Key or Apollo-Require-Preflight with a GET: pages of other sites cannot.");
  const operationRequest = readGraphqlRequest(request);
  if (operationRequest) return operationRequest;
  throw failure(
    "The request must have query, and may have operationName, variables and extensions, as GraphQL over HTTP says.",
  );
}

const failure = (message: string) => new OperationFailure(400, "BAD_USER_INPUT", message);

/**
 * Returns the rows and columns of a query; undefined if its variables are invalid, which its execution reports. Throws
 * a GraphQLError if the choice of rows is ambiguous.
 */
function planTable(schema: GraphQLSchema, { document, operation, request }: ResolvedOperation<object>) {
  if (operation.operation !== "query")
    throw badRequest(
      `A ${operation.operation} cannot be answered as a table. Ask for JSON: Accept: application/json.`,
    );
  const variables = coerceVariables(schema, operation, request.variables);
  if (!variables) return undefined;
  const fields = selectFields(schema, document, operation, variables);
  const lists = outermostLists(fields);
  const path = (lists[0] ?? "").split(".");
  const row = fieldAt(fields, path);
  if (row && lists.length === 1) {
    const { columns, lists: inner } = selectColumns(row);
    if (inner.length === 0) return { path, columns };
    throw badRequest(
      `No cell of a table can hold the lists ${inner.join(", ")} of each row. Leave them out, or ask for JSON.`,
    );
  }
  throw badRequest(
    row
      ? `A table has the rows of one list, and this query selects ${lists.join(", ")}. Ask for one of them, or for JSON.`
      : "A table has the rows of a list, and this query selects none. Ask for JSON.",
  );
}

const badRequest = (message: string) => new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT" } });
