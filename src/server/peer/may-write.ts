import type { FastifyRequest } from "fastify";

/** Finds the text of a persisted document by its id. */
export type FindDocument = (id: string) => string | undefined;

/** The keyword of every mutation. Its letters cannot be escaped in GraphQL. */
const mutationKeyword = /\bmutation\b/;
/** In bytes. Longer bodies are not parsed to find their document. */
const MAX_PARSED_LENGTH = 65_536;

/**
 * Returns whether a request may be a mutation, by the document it sends or names. If this cannot be determined, it may
 * be one. A GET never is, since Apollo Server refuses mutations there, nor is a request to a read-only route. Any other
 * POST outside `/graphql` may be one.
 */
export function mayWrite(
  { method, routeOptions }: FastifyRequest,
  body: Buffer,
  find: FindDocument,
): boolean {
  if (method === "GET" || method === "HEAD" || routeOptions.config.isReadOnly) return false;
  if (routeOptions.url !== "/graphql") return true;
  const text = body.length > MAX_PARSED_LENGTH ? undefined : documentOf(body.toString(), find);
  return text === undefined || mutationKeyword.test(text);
}

/** Returns whether a request to `/graphql` may be a query that accepts stale data. */
export function mayAcceptStale(
  { routeOptions, raw }: FastifyRequest,
  body: Buffer,
  find: FindDocument,
): boolean {
  if (routeOptions.url !== "/graphql" || body.length > MAX_PARSED_LENGTH) return false;
  const text = `${raw.url} ${body}`;
  return text.includes("SERVE_STALE") || documentOf(body.toString(), find)?.includes("SERVE_STALE") === true;
}

function documentOf(body: string, find: FindDocument) {
  try {
    const { query, documentId, extensions } = JSON.parse(body);
    if (typeof query === "string" && query !== "") return query;
    return find(String(documentId ?? extensions?.persistedQuery?.sha256Hash));
  } catch {
    return undefined;
  }
}
