import type { FastifyRequest } from "fastify";
import { isObject } from "../../alma/index.ts";
import type { OperationRequest } from "../../graph/index.ts";
import { hasTooLargeNumber } from "../body/json-limits.ts";

/** Reads a GraphQL request from the body or the query string. A malformed part is undefined. */
export function readGraphqlRequest({
  method,
  body,
  query: search,
}: FastifyRequest): Omit<OperationRequest, "http"> | undefined {
  const source = method === "GET" ? readSearch(search as Readonly<Record<string, unknown>>) : body;
  if (!isObject(source)) return undefined;
  const { query, operationName, variables, extensions } = source;
  if (query != null && typeof query !== "string") return undefined;
  if (operationName != null && typeof operationName !== "string") return undefined;
  if ((variables != null && !isObject(variables)) || (extensions != null && !isObject(extensions)))
    return undefined;
  return {
    query: query ?? undefined,
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
    extensions: extensions ?? undefined,
  };
}

/** Parses JSON in a query string. Invalid JSON, or JSON with a number too large for a double, stays text. */
function readSearch({ variables, extensions, ...others }: Readonly<Record<string, unknown>>) {
  return { ...others, variables: parseJson(variables), extensions: parseJson(extensions) };
}

function parseJson(text: unknown) {
  try {
    if (typeof text !== "string") return text;
    const parsed: unknown = JSON.parse(text);
    return hasTooLargeNumber(text, parsed) ? text : parsed;
  } catch {
    return text;
  }
}
