import type { FastifyInstance } from "fastify";
import type { Log } from "../http/log.ts";
import { isAdmitted } from "./admitted-request.ts";

/**
 * One line for each request that was refused before it became an operation, which would have a line of its own: for
 * want of a key, for its rate, its size, its document, or because the gateway is full. Addresses that lead nowhere are
 * only counted.
 */
export function logRejectedRequests(app: FastifyInstance, log: Log): void {
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url;
    if (reply.statusCode >= 400 && route !== undefined && !isAdmitted(request)) {
      const { id: requestId, method, caller } = request;
      const ms = Math.round(reply.elapsedTime * 10) / 10;
      log.info(
        { requestId, method, route, status: reply.statusCode, ms, caller: caller?.id, name: caller?.name },
        "turned away",
      );
    }
    done();
  });
}
