import { createHash } from "node:crypto";
import type { ApolloServerPlugin } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLSchema } from "graphql";
import { readFreshness } from "../../graph/index.ts";
import type { OperationAnalyzer } from "../access/operation-analysis.ts";
import type { ServerContext } from "./server-context.ts";

/** Requests that differ in one of these may have different answers. */
const varyHeaders = ["Accept", "Accept-Encoding", "Authorization", "X-Api-Key"];

/**
 * Lets a caller's own cache, never a shared one, keep the answer to a GET. How long follows from what was asked: with
 * `@freshness(maxAge: 60)` until its oldest data is 60 s old. Without that the answer is asked for again each time,
 * which costs a 304 if it is the same, so that a write through the gateway is seen by the next query. Answers with
 * errors or secrets, and those to a POST, are not kept at all.
 */
export function cachingPlugin(
  schema: GraphQLSchema,
  analyzer: OperationAnalyzer,
): ApolloServerPlugin<ServerContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ request, response, document, operation }) {
          if (request.http?.method !== "GET" || !document || !operation) return;
          const result = response.body.kind === "single" ? response.body.singleResult : undefined;
          if (!result?.data || result.errors?.length) return;
          if (analyzer.analyze(document, operation).requiredScopes.has("SECRETS")) return;
          const { maxAge = 0 } = readFreshness(schema, operation, request.variables) ?? {};
          const { oldest } = (result.extensions?.alma ?? {}) as { readonly oldest?: string | null };
          const age = oldest ? Date.now() - Date.parse(oldest) : 0;
          const seconds = Math.max(0, Math.floor((maxAge - age) / 1000));
          response.http.headers.set("cache-control", `private, max-age=${seconds}, must-revalidate`);
        },
      };
    },
  };
}

/**
 * Finishes what `caching` began, when the answer's text is there: an ETag for what may be kept and 304 for who has it
 * already; `no-store` for all else. The tag is that of the data alone: what an answer cost may differ each time.
 * A fastify `onSend` hook, to come before compression.
 */
export async function revalidate(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  const isCacheable = String(reply.getHeader("cache-control") ?? "").startsWith("private");
  if (!isCacheable || typeof payload !== "string" || !payload.startsWith('{"data":')) {
    if (isCacheable || !reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
    return payload;
  }
  const end = payload.lastIndexOf(',"extensions":');
  const data = end < 0 ? payload : payload.slice(0, end);
  const etag = `W/"${createHash("sha1").update(data).digest("base64url")}"`;
  const previousVary = reply.getHeader("vary");
  reply.headers({
    etag: etag,
    vary: [...(previousVary === undefined ? [] : [previousVary]), ...varyHeaders].join(", "),
  });
  if (!matchesETag(request.headers["if-none-match"] ?? "", etag)) return payload;
  reply.code(304).removeHeader("content-type").removeHeader("content-length");
  return null;
}

/** Whether `If-None-Match` names a tag, or any. */
function matchesETag(header: string, etag: string): boolean {
  return header.split(",").some((each) => each.trim() === etag || each.trim() === "*");
}
