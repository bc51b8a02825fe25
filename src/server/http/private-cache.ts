import { hash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/** The request headers that the response depends on. */
const varyHeaders = ["Accept", "Accept-Encoding", "Authorization", "X-Api-Key"];

/**
 * Returns the `cache-control` of a response that private caches may store. The response is fresh until its oldest data
 * (a date) is `maxAge` milliseconds old; then it must be revalidated.
 */
export function privateCacheControl(maxAge: number, oldest: string | null | undefined): string {
  const age = oldest ? Date.now() - Date.parse(oldest) : 0;
  const seconds = Math.max(0, Math.floor((maxAge - age) / 1000));
  return `private, max-age=${seconds}, must-revalidate`;
}

/** Removes the `extensions` from a printed response. They come last and differ each time. */
export function withoutExtensions<T extends string | Buffer>(response: T): T {
  const end = response.lastIndexOf(',"extensions":');
  // Safe: a slice of a text is a text, and one of a Buffer is a Buffer.
  return end < 0 ? response : (response.slice(0, end) as T);
}

/** Returns the ETag of a response with this `data`. */
export const etagOf = (data: string | Buffer): string => `W/"${hash("sha1", data, "base64url")}"`;

/**
 * Sets the ETag of a response. Turns the response into a 304 if the client has that version; returns whether it did.
 */
export function isUnmodified(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  const previousVary = String(reply.getHeader("vary") ?? "")
    .split(/,\s*/)
    .filter((name) => name !== "");
  reply.headers({ etag, vary: [...new Set([...previousVary, ...varyHeaders])].join(", ") });
  const known = (request.headers["if-none-match"] ?? "").split(",").map((tag) => tag.trim());
  if (!known.includes(etag) && !known.includes("*")) return false;
  reply.code(304).removeHeader("content-type").removeHeader("content-length");
  return true;
}

/**
 * Step of a response before compression: gives an ETag to responses that private caches may store, or turns them into a
 * 304 if the client has that version. All others get `no-store`. The ETag covers only `data`, since `extensions` differ
 * each time. Responses that already have an ETag are left unchanged.
 */
export function revalidate(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  if (reply.hasHeader("etag")) return payload;
  const isCacheable = String(reply.getHeader("cache-control") ?? "").startsWith("private");
  const isText = typeof payload === "string" || Buffer.isBuffer(payload);
  if (!isCacheable || !isText || payload.lastIndexOf('{"data":', 0) !== 0) {
    if (isCacheable || !reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
    return payload;
  }
  return isUnmodified(request, reply, etagOf(withoutExtensions(payload))) ? null : payload;
}
