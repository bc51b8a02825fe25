import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * Lets in requests whose `Host` is missing, as HTTP/1.0 allows, or cannot stand in an address, as a proxy may pass it
 * on: Apollo's integration makes an address of it, of which it takes nothing but the search. A fastify hook.
 */
export function replaceInvalidHost(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  if (!URL.canParse(`${request.protocol}://${request.hostname}/`))
    Object.defineProperties(request, { protocol: { value: "http" }, hostname: { value: "localhost" } });
  done();
}
