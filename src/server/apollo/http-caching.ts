import type { DoneFuncWithErrOrRes, FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLSchema } from "graphql";
import type { OperationHooks } from "../../graph/index.ts";
import { readFreshness } from "../../graph/index.ts";
import type { ServerContext } from "../gate/server-context.ts";
import { etagOf, isUnmodified, privateCacheControl } from "../http/private-cache.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";

/**
 * Lets private caches store the response to a GET. With `@freshness(maxAge: 60)` it is fresh until its oldest data is
 * 60 s old; without it every use is revalidated, so that the next query sees a write; an unchanged response costs a
 * 304. Responses with errors, secrets or an explanation, and responses to a POST, are not stored.
 */
export function cachingHooks(
  schema: GraphQLSchema,
  analyzer: OperationAnalyzer,
): OperationHooks<ServerContext> {
  return {
    willSendResponse({ request, response, document, operation }) {
      if (request.http?.method !== "GET" || !document || !operation) return;
      const result = response.body.kind === "single" ? response.body.singleResult : undefined;
      if (!result?.data || result.errors?.length) return;
      // An explanation is of now.
      if (result.extensions?.explain) return;
      if (analyzer.analyze(document, operation).requiredScopes.has("SECRETS")) return;
      const { maxAge = 0 } = readFreshness(schema, operation, request.variables) ?? {};
      const { oldest } = (result.extensions?.alma ?? {}) as { readonly oldest?: string | null };
      response.http.headers.set("cache-control", privateCacheControl(maxAge, oldest));
    },
  };
}

/**
 * A Fastify `onSend` hook that must run before compression. Responses that `cachingHooks` lets caches store get an
 * ETag, or become a 304 if the client has that version; all others get `no-store`. The ETag covers `data` alone, since
 * `extensions` differ each time. A response that has an ETag already is left as it is.
 */
export function revalidate(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: DoneFuncWithErrOrRes,
): void {
  done(null, reply.hasHeader("etag") ? payload : revalidated(request, reply, payload));
}

function revalidated(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  const isCacheable = String(reply.getHeader("cache-control") ?? "").startsWith("private");
  const isText = typeof payload === "string" || Buffer.isBuffer(payload);
  if (!isCacheable || !isText || payload.lastIndexOf('{"data":', 0) !== 0) {
    if (isCacheable || !reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
    return payload;
  }
  const end = payload.lastIndexOf(',"extensions":');
  const data = end < 0 ? payload : payload.slice(0, end);
  return isUnmodified(request, reply, etagOf(data)) ? null : payload;
}
