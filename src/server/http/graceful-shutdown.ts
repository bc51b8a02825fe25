import { Server as NetServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { onRequestClosed } from "./request-closed.ts";

/** Milliseconds. */
const defaultGrace = 200;

/**
 * Counts the requests in flight, and ends them in order. A request counts from the arrival of its headers
 * until the last byte of its response is sent. At a shutdown idle connections stay open for at least `grace`
 * milliseconds: a request that arrives meanwhile is answered with `Connection: close`; on a connection closed
 * at that moment it would get no response.
 */
export function createGracefulShutdown(app: FastifyInstance, grace = defaultGrace) {
  const pollInterval = Math.max(1, grace / 10);
  let requestsInFlight = 0;
  let isShuttingDown = false;
  const endRequest = () => {
    requestsInFlight -= 1;
  };
  return {
    /** Counts a request until it is closed. */
    begin(request: FastifyRequest, reply: FastifyReply): void {
      requestsInFlight += 1;
      onRequestClosed(request, reply, endRequest);
    },
    get requestsInFlight() {
      return requestsInFlight;
    },
    get isShuttingDown() {
      return isShuttingDown;
    },
    /** Starts the shutdown. Resolves after `delay` milliseconds, until which new connections are accepted. */
    async drain(delay: number): Promise<void> {
      isShuttingDown = true;
      await sleep(delay);
    },
    /**
     * Accepts no new connections, answers the requests in flight, and closes every connection; after
     * `timeout` milliseconds also those whose clients have not read their response.
     */
    async close(timeout: number): Promise<void> {
      isShuttingDown = true;
      // The http server's own close would end idle connections at once.
      NetServer.prototype.close.call(app.server);
      await sleep(grace);
      // For Node a connection is idle once its response is written, sent or not. Three idle polls in a row leave
      // time to send it.
      const closeAt = performance.now() + timeout;
      for (let idlePolls = 0; idlePolls < 3 && performance.now() < closeAt; ) {
        await sleep(pollInterval);
        idlePolls = requestsInFlight === 0 ? idlePolls + 1 : 0;
      }
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

export type GracefulShutdown = ReturnType<typeof createGracefulShutdown>;
