import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * A Fastify hook that replaces a `Host` that is missing, which HTTP/1.0 allows, or not valid in a URL, which a proxy
 * may forward. Apollo's integration parses a URL with it, though only to read the query string.
 */
export function replaceInvalidHost(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  if (!URL.canParse(`${request.protocol}://${request.hostname}/`))
    Object.defineProperties(request, { protocol: { value: "http" }, hostname: { value: "localhost" } });
  done();
}
