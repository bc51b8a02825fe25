import type { FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../config/index.ts";

/**
 * Logs one line for a request that was rejected before it was admitted: without a valid key, over its rate, too
 * large, with a refused document, or because the gateway is full. Unknown paths are counted, not logged. An admitted
 * operation has a line of its own, and what was forwarded has one at the process that answered it.
 */
export function logRejectedRequest(request: FastifyRequest, reply: FastifyReply, log: Log): void {
  const route = request.routeOptions.url;
  if (reply.statusCode < 400 || route === undefined || request.isAdmitted || request.isForwarded) return;
  const { id: requestId, method, caller } = request;
  const ms = Math.round(reply.elapsedTime * 10) / 10;
  const { id, name, link } = caller ?? {};
  log.info(
    { requestId, method, route, status: reply.statusCode, ms, caller: id, name, link },
    "request rejected",
  );
}
