import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/** The request headers on which the response depends. */
const varyHeaders = ["Accept", "Accept-Encoding", "Authorization", "X-Api-Key"];

/**
 * The `cache-control` of a response that private caches may store. It is fresh until its oldest data, a date, is
 * `maxAge` milliseconds old; then it is revalidated.
 */
export function privateCacheControl(maxAge: number, oldest: string | null | undefined): string {
  const age = oldest ? Date.now() - Date.parse(oldest) : 0;
  const seconds = Math.max(0, Math.floor((maxAge - age) / 1000));
  return `private, max-age=${seconds}, must-revalidate`;
}

/** The ETag of a response with this `data`. */
export const etagOf = (data: string | Buffer): string =>
  `W/"${createHash("sha1").update(data).digest("base64url")}"`;

/** Sets the ETag of a response. If the client has that version, the response becomes a 304; returns whether it does. */
export function isUnmodified(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  const previousVary = String(reply.getHeader("vary") ?? "")
    .split(/,\s*/)
    .filter((name) => name !== "");
  reply.headers({ etag, vary: [...new Set([...previousVary, ...varyHeaders])].join(", ") });
  if (!matchesETag(request.headers["if-none-match"] ?? "", etag)) return false;
  reply.code(304).removeHeader("content-type").removeHeader("content-length");
  return true;
}

/** Whether `If-None-Match` has the ETag, or `*`. */
function matchesETag(header: string, etag: string): boolean {
  return header.split(",").some((tag) => tag.trim() === etag || tag.trim() === "*");
}
