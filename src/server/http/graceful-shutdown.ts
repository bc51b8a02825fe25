import { Server as NetServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { onRequestClosed } from "./request-closed.ts";

/** The requests under way, and how they come to an end. */
export interface GracefulShutdown {
  /** How many requests are under way. */
  readonly requestsInFlight: number;
  /** Whether the end has begun. */
  readonly isShuttingDown: boolean;
  /**
   * Takes no new connections, answers what is in flight, closes every connection. After `patience` milliseconds those
   * who do not take their answer are cut off.
   */
  close(timeout: number): Promise<void>;
}

const defaultGrace = 200;

/**
 * Counts an app's requests, each from when its headers have come to when the last byte of its answer is sent. Idle
 * connections are kept for `grace` milliseconds at least: a request that comes on one meanwhile is answered with
 * `connection: close`. A connection that is closed at the moment of a request leaves its caller without an answer.
 */
export function createGracefulShutdown(app: FastifyInstance, grace = defaultGrace): GracefulShutdown {
  const pollInterval = Math.max(1, grace / 10);
  let requestsInFlight = 0;
  let isShuttingDown = false;
  app.addHook("onRequest", (request, reply, done) => {
    requestsInFlight += 1;
    onRequestClosed(request, reply, () => {
      requestsInFlight -= 1;
    });
    done();
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (isShuttingDown) reply.header("connection", "close");
    done(null, payload);
  });
  return {
    get requestsInFlight() {
      return requestsInFlight;
    },
    get isShuttingDown() {
      return isShuttingDown;
    },
    async close(timeout) {
      isShuttingDown = true;
      // The http server's own close would end idle connections at once.
      NetServer.prototype.close.call(app.server);
      await sleep(grace);
      // Nothing is closed before: a connection counts as idle for Node once its answer is written, sent or not.
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
