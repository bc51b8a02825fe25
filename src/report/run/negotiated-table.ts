import { Negotiator } from "@fastify/accept-negotiator";
import type { FastifyReply, FastifyRequest } from "fastify";
import { GraphQLError, type GraphQLSchema, getOperationAST, parse, validate } from "graphql";
import { z } from "zod";
import type { Config, Log } from "../../config/index.ts";
import {
  type AnswerAsTable,
  createErrorBody,
  type ExecuteTable,
  hasPreflightHeader,
} from "../../server/index.ts";
import { outermostLists, selectColumns } from "../definition/columns.ts";
import { fieldAt, selectFields } from "../definition/selected-fields.ts";
import { formats } from "../sheet/format.ts";
import { sendTable } from "./send-table.ts";
import { tableBatches } from "./table-batches.ts";
import { queryTable, TableFailure } from "./table-query.ts";

/** The formats of answers at `/graphql` besides JSON, by their media types; the first is what `* / *` means. */
const negotiated = { "text/csv": formats.csv, "application/x-ndjson": formats.ndjson } as const;
type MediaType = keyof typeof negotiated;
const jsonTypes = ["application/graphql-response+json", "application/json"] as const;

const negotiator = new Negotiator<MediaType | (typeof jsonTypes)[number]>({
  supportedValues: [...jsonTypes, "text/csv", "application/x-ndjson"],
});

/** A request of GraphQL over HTTP, by POST or in a URL. */
const graphqlRequest = z.object({
  query: z.string().nullish(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  extensions: z.record(z.string(), z.unknown()).nullish(),
});
type AskedQuery = z.infer<typeof graphqlRequest>;

/**
 * Creates the function that answers queries at `/graphql` as CSV or NDJSON. The rows are the items of the only list
 * that the query selects outside of other lists, the columns are titled by their paths.
 */
export function createTableAnswer(
  schema: GraphQLSchema,
  execute: ExecuteTable,
  { maxTokens }: Pick<Config, "maxTokens">,
  log: Log,
): AnswerAsTable {
  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    format: (typeof negotiated)[MediaType],
  ) {
    const asked = readRequest(request);
    const plan = planTable(schema, request.document ?? asked.query ?? "", asked, maxTokens);
    const result = await queryTable(
      (sink) =>
        execute(request, reply, withoutNulls(asked), {
          rows: { sink, isWhole: false },
          isReport: false,
          checksOnly: false,
        }),
      plan.path,
      { acceptsPartial: false },
    );
    const { cutByDefault, missingSettings, calls, oldest, meter } = result;
    reply.headers({
      "cache-control": "no-store",
      "x-alma-calls": calls,
      ...(oldest && { "x-alma-oldest": oldest }),
    });
    if (cutByDefault.length > 0) reply.header("x-alma-cut-by-default", cutByDefault.join(", "));
    if (missingSettings.length > 0) reply.header("x-alma-missing-settings", missingSettings.join(", "));
    const { columns } = plan;
    const table = {
      title: "",
      columns,
      about: () => [],
      batches: () => tableBatches(result, columns, undefined),
    };
    const options = { hasHeader: true, hasByteOrderMark: false, hasDecimalComma: false };
    return sendTable(request, reply, table, format, options, { meter, log });
  }

  return (request, reply) => {
    const { accept } = request.headers;
    const type = accept === undefined ? null : negotiator.negotiate(withoutParameters(accept));
    const format = type === "text/csv" || type === "application/x-ndjson" ? negotiated[type] : undefined;
    if (!format) return undefined;
    return answer(request, reply, format).catch((error: unknown) => {
      if (!(error instanceof TableFailure)) throw error;
      if (error.retryAfter !== undefined) reply.header("retry-after", error.retryAfter);
      return reply
        .code(error.status)
        .header("cache-control", "no-store")
        .type("application/graphql-response+json; charset=utf-8")
        .send(createErrorBody(error.code, error.message));
    });
  };
}

/** An Accept header in small letters, and of the parameters of its types, such as a charset, only their weights. */
const withoutParameters = (accept: string): string =>
  accept.toLowerCase().replaceAll(/\s*;(?!\s*q\s*=)[^;,]*/g, "");

/** Throws a TableFailure for what is no request of GraphQL over HTTP, or may come from another site's page. */
function readRequest(request: FastifyRequest): AskedQuery {
  const { method, headers, body } = request;
  if (method === "GET" && !hasPreflightHeader(headers))
    throw badRequest("Send X-Api-Key or Apollo-Require-Preflight with a GET: pages of other sites cannot.");
  const parsed = graphqlRequest.safeParse(method === "GET" ? readUrl(request) : body);
  if (parsed.success) return parsed.data;
  throw badRequest(
    "The request has to have query, and may have operationName, variables and extensions, as GraphQL over HTTP says.",
  );
}

function readUrl({ query }: FastifyRequest): unknown {
  const { variables, extensions, ...others } = query as Readonly<Record<string, unknown>>;
  return { ...others, variables: parseJson(variables), extensions: parseJson(extensions) };
}

/** Parses a parameter; what is no JSON stays text, which the schema of requests refuses. */
function parseJson(text: unknown): unknown {
  if (typeof text !== "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Apollo Server takes undefined for what is not there, and refuses null. */
const withoutNulls = ({ query, operationName, variables, extensions }: AskedQuery) => ({
  ...(query != null && { query }),
  ...(operationName != null && { operationName }),
  ...(variables != null && { variables }),
  ...(extensions != null && { extensions }),
});

/**
 * The rows and columns of a query. A document that GraphQL refuses has none, so that its execution says why. Throws a
 * TableFailure if the rows would not be clear.
 */
function planTable(
  schema: GraphQLSchema,
  query: string,
  { operationName, variables }: AskedQuery,
  maxTokens: number,
) {
  const none = { path: [], columns: [] };
  const document = parseQuery(query, maxTokens);
  const operation = document && getOperationAST(document, operationName);
  if (!document || !operation) return none;
  if (operation.operation !== "query")
    throw badRequest(
      `A ${operation.operation} has no table as its answer. Ask for JSON: Accept: application/json.`,
    );
  const fields = selectFields(schema, document, operation, variables ?? {});
  const lists = outermostLists(fields);
  const [path, ...others] = lists;
  const row = path && fieldAt(fields, path);
  if (row && others.length === 0) {
    const { columns, lists: inner } = selectColumns(row);
    if (inner.length === 0) return { path, columns };
    if (validate(schema, document).length > 0) return none;
    throw badRequest(
      `No cell of a table can hold the lists ${inner.join(", ")} of each row. Leave them out, or ask for JSON.`,
    );
  }
  if (validate(schema, document).length > 0) return none;
  const names = lists.map((list) => list.join("."));
  throw badRequest(
    row
      ? `A table has the rows of one list, and this query selects ${names.join(", ")}. Ask for one of them, or for JSON.`
      : "A table has the rows of a list, and this query selects none. Ask for JSON.",
  );
}

function parseQuery(query: string, maxTokens: number) {
  try {
    return parse(query, { maxTokens });
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}

const badRequest = (message: string) => new TableFailure(400, "BAD_USER_INPUT", message);
