import type { FastifyReply, FastifyRequest } from "fastify";
import { chooseEncoding } from "../http/compression.ts";
import type { JsonType } from "../http/media-type.ts";
import { privateCacheControl } from "../http/private-cache.ts";
import { logCached, type Observers } from "../observe/log-operation.ts";
import { type CachedResponse, cacheKeyOf, type ResponseCache } from "./response-cache.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The cache key of the answer; null if it must not be cached. */
    cacheKey: string | null;
  }
}

interface CacheParts extends Observers {
  readonly responseCache: ResponseCache;
}

/** Returns the current cached answer to a request, if there is one. */
export function findCached(
  request: FastifyRequest,
  { responseCache }: CacheParts,
): CachedResponse | undefined {
  if (!responseCache.isOn || request.isLeaderless) return undefined;
  const key = cacheKeyOf(request);
  if (key === undefined) return undefined;
  request.cacheKey = key;
  return responseCache.find(key);
}

/** Sends a cached answer, and logs and counts it like every other operation. */
export async function sendCached(
  answer: CachedResponse,
  mediaType: JsonType,
  request: FastifyRequest,
  reply: FastifyReply,
  parts: CacheParts,
): Promise<FastifyReply> {
  const startedAt = performance.now();
  const { name, hash, oldest, maxAge, cacheInfo } = answer.details;
  reply.header("content-type", `${mediaType}; charset=utf-8`);
  if (request.method === "GET")
    reply.headers({ "cache-control": privateCacheControl(maxAge, oldest), etag: answer.etag });
  const encoding = chooseEncoding(request, reply, answer.bytes.length);
  const bytes = encoding ? await answer.encoded(encoding) : answer.bytes;
  if (encoding && request.cacheKey !== null) parts.responseCache.set(request.cacheKey, answer);
  reply.send(bytes);
  logCached(parts, request, { name, hash, startedAt, reused: cacheInfo.reused, oldest });
  return reply;
}
