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

/** Returns the ETag of a response with this `data`. */
export const etagOf = (data: string | Buffer): string => `W/"${hash("sha1", data, "base64url")}"`;

/**
 * Sets the ETag of a response. Turns the response into a 304 if the client has that version; returns whether it did.
 */
export function isUnmodified(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  const previousVary = String(reply.getHeader("vary") ?? "")
    .split(/,\s*/)
    .filter((name) => name !== "");
  reply.headers({ etag, vary: [...new Set([...varyHeaders, ...previousVary])].join(", ") });
  const known = (request.headers["if-none-match"] ?? "").split(",").map(opaqueTag);
  if (!known.includes(opaqueTag(etag)) && !known.includes("*")) return false;
  reply.code(304);
  for (const name of ["content-type", "content-length", "content-encoding"]) reply.removeHeader(name);
  return true;
}

/**
 * Step of a response before compression: turns a response with an ETag into a 304 if the client has that version. All
 * others get `no-store`, unless they have another `cache-control`.
 */
export function revalidate(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  const etag = reply.getHeader("etag");
  if (etag !== undefined) return isUnmodified(request, reply, String(etag)) ? null : payload;
  if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  return payload;
}

/** Returns what weak comparison compares of an ETag (RFC 9110, section 8.8.3.2). */
const opaqueTag = (etag: string) => etag.trim().replace(/^W\//, "");
