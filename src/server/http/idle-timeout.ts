import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/**
 * Keeps connections that wait for an answer. Node closes one on which nothing was sent for the app's
 * `connectionTimeout`, whoever was to send it; but a write may take longer than any deadline, and its caller has to be
 * told what became of it. What is left to that timeout is a caller who does not take its answer.
 */
export function keepWaitingConnections(app: FastifyInstance): void {
  app.addHook("onRequest", (_request, { raw }, done) => {
    // Where somebody listens, Node leaves the closing to them.
    raw.on("timeout", (socket: Socket) => {
      if (raw.headersSent) socket.destroy();
    });
    done();
  });
}
