import { type AnsweredOperation, type Graph, readFreshness } from "../../graph/index.ts";
import { etagOf, privateCacheControl } from "../http/private-cache.ts";
import type { ServerContext } from "../observe/server-context.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";
import { createCachedResponse, type ResponseCache } from "./response-cache.ts";

/** The conditions for caching an answer, here or in the caller's cache. */
interface StoringParts {
  readonly responseCache: ResponseCache;
  readonly graph: Graph;
  readonly analyzer: OperationAnalyzer;
}

/** The `extensions.alma` of cached answers. Other keys would describe a single request. */
interface CachedExtensions {
  readonly calls: number;
  readonly reused: number;
  readonly oldest: string | null;
  readonly cutByDefault?: readonly string[];
}
const cachedExtensions: ReadonlySet<string> = new Set<keyof CachedExtensions>([
  "calls",
  "reused",
  "oldest",
  "cutByDefault",
]);

/**
 * Returns the `maxAge` of an answer's `@freshness` in milliseconds, and whether the answer depends on the caller.
 * Undefined for answers that must not be cached: refused, incomplete or with secrets.
 */
function storableOf(
  { document, operation, request, response: { body } }: AnsweredOperation<ServerContext>,
  { analyzer, graph: { schema } }: StoringParts,
): { readonly maxAge?: number; readonly isPerCaller: boolean } | undefined {
  if (!document || !operation || body.singleResult.errors?.length) return undefined;
  const { requiredScopes, isPerCaller } = analyzer.analyze(document, operation);
  if (requiredScopes.has("SECRETS")) return undefined;
  return { ...readFreshness(schema, operation, request.variables), isPerCaller };
}

/**
 * Step before printing: adds `kept` to `extensions.explain`, which says whether the answer would be cached and reused
 * while nothing in it changes.
 */
export function explainCaching(answered: AnsweredOperation<ServerContext>, parts: StoringParts): void {
  const { contextValue, response } = answered;
  const { extensions } = response.body.singleResult;
  if (!extensions?.explain) return;
  const kept =
    parts.responseCache.isOn &&
    contextValue.cacheKey !== null &&
    storableOf(answered, parts)?.isPerCaller === false &&
    contextValue.cacheInfo() !== undefined &&
    Object.keys(extensions.alma ?? {}).every((name) => cachedExtensions.has(name));
  extensions.explain = { ...(extensions.explain as object), kept };
}

/**
 * Step after printing: lets private caches store the response to a GET, and caches the answers of queries for equal
 * requests. With `@freshness(maxAge: 60)` a response is fresh until its oldest data is 60 s old. Without it every use
 * is revalidated, so that a query after a write sees it, and an unchanged response costs a 304.
 */
export function storeResponse(answered: AnsweredOperation<ServerContext>, parts: StoringParts): void {
  const { contextValue, operation, operationName, queryHash, request, response } = answered;
  const { cacheKey, printed } = contextValue;
  const isGet = request.http?.method === "GET";
  const { data, extensions = {} } = response.body.singleResult;
  // An explanation describes the current state, so it is not cached.
  if ((!isGet && cacheKey === null) || !printed || !data || extensions.explain) return;
  const storable = storableOf(answered, parts);
  if (!storable) return;
  const { maxAge = 0, isPerCaller } = storable;
  const { alma, ...others } = extensions as { readonly alma?: CachedExtensions };
  if (isGet) {
    response.http.headers.set("cache-control", privateCacheControl(maxAge, alma?.oldest));
    response.http.headers.set("etag", etagOf(printed.head));
  }
  if (isPerCaller || cacheKey === null || operation?.operation !== "query" || response.http.status) return;
  const names = [...Object.keys(alma ?? {}), ...Object.keys(others)];
  if (!alma || names.some((name) => !cachedExtensions.has(name))) return;
  const cacheInfo = contextValue.cacheInfo();
  if (cacheInfo?.validity() !== "current") return;
  const { oldest, cutByDefault } = alma;
  const name = operationName ?? undefined;
  const details = { cacheInfo, name, hash: queryHash, maxAge, oldest, cutByDefault };
  parts.responseCache.set(cacheKey, createCachedResponse(printed.head, details));
}
