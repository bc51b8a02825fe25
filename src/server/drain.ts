import { Server as NetServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { whenOver } from "./over.ts";

/** The requests under way, and how they come to an end. */
export interface Drain {
  /** How many requests are under way. */
  readonly requests: number;
  /** Whether the end has begun. */
  readonly leaving: boolean;
  /**
   * Takes no new connections, answers what is in flight, closes every connection. After `patience` milliseconds those
   * who do not take their answer are cut off.
   */
  close(patience: number): Promise<void>;
}

const lookEvery = 20;
/**
 * Milliseconds for which idle connections are kept, at least: who asks on one meanwhile is answered and told to come no
 * more. One that is closed at the moment when somebody asks on it leaves them without an answer.
 */
const grace = 200;

/** Counts an app's requests, each from when its headers have come to when the last byte of its answer is sent. */
export function createDrain(app: FastifyInstance): Drain {
  let requests = 0;
  let leaving = false;
  app.addHook("onRequest", (request, reply, done) => {
    requests += 1;
    whenOver(request, reply, () => {
      requests -= 1;
    });
    done();
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (leaving) reply.header("connection", "close");
    done(null, payload);
  });
  return {
    get requests() {
      return requests;
    },
    get leaving() {
      return leaving;
    },
    async close(patience) {
      leaving = true;
      // The http server's own close would end idle connections at once.
      NetServer.prototype.close.call(app.server);
      await sleep(grace);
      // Nothing is closed before: a connection counts as idle for Node once its answer is written, sent or not.
      const end = performance.now() + patience;
      for (let quiet = 0; quiet < 3 && performance.now() < end; ) {
        await sleep(lookEvery);
        quiet = requests === 0 ? quiet + 1 : 0;
      }
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
