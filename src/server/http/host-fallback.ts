import type { FastifyRequest } from "fastify";

/**
 * Replaces a `Host` that is missing, which HTTP/1.0 allows, or not valid in a URL, which a proxy may forward. Apollo's
 * integration parses a URL with it, though only to read the query string.
 */
export function replaceInvalidHost(request: FastifyRequest<{ Reply: string }>): void {
  if (!URL.canParse(`${request.protocol}://${request.hostname}/`))
    Object.defineProperties(request, { protocol: { value: "http" }, hostname: { value: "localhost" } });
}
