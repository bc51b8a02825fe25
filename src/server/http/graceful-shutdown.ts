import { Server as NetServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply } from "fastify";
import { onRequestClosed } from "./request-closed.ts";

/** How long idle connections stay open during shutdown, in milliseconds. */
const DEFAULT_GRACE = 200;

/**
 * Counts the requests in flight and shuts the server down gracefully. A request counts from the arrival of its headers
 * until the last byte of its response is sent. During shutdown, idle connections stay open for at least `grace`
 * milliseconds, so that a request sent just then is answered with `Connection: close` instead of being lost.
 */
export function createGracefulShutdown(app: FastifyInstance, grace = DEFAULT_GRACE) {
  const pollInterval = Math.max(1, grace / 10);
  let requestsInFlight = 0;
  let isShuttingDown = false;
  const endRequest = () => {
    requestsInFlight -= 1;
  };
  return {
    /** Counts a request until it is closed. */
    begin(reply: FastifyReply) {
      requestsInFlight += 1;
      onRequestClosed(reply, endRequest);
    },
    get requestsInFlight() {
      return requestsInFlight;
    },
    get isShuttingDown() {
      return isShuttingDown;
    },
    /** Starts the shutdown. New connections are accepted for `delay` milliseconds; then the promise resolves. */
    async drain(delay: number): Promise<void> {
      isShuttingDown = true;
      await sleep(delay);
    },
    /**
     * Accepts no new connections, answers the requests in flight, and closes every connection. After `timeout`
     * milliseconds, also closes connections whose clients have not read their response.
     */
    async close(timeout: number): Promise<void> {
      isShuttingDown = true;
      // The `close` method of `http.Server` would end idle connections immediately.
      NetServer.prototype.close.call(app.server);
      await sleep(grace);
      // Node considers a connection idle once its response is written, even if not yet sent. Three idle polls in a row
      // leave time to send it.
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
