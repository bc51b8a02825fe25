import type { FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../config/index.ts";

/**
 * Logs one line for a request that was rejected before admission: without a valid key, over its rate limit, too large,
 * with a refused document, or because the gateway is at capacity. Unknown paths are counted, not logged. Admitted
 * operations have their own log line, and forwarded requests are logged by the process that answers.
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
