import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/**
 * Exempts connections that wait for a response from the app's `connectionTimeout`, which closes silent connections. A
 * write may take longer than any deadline, and its caller must learn the outcome. The timeout still closes the
 * connection of a client that does not read its response.
 */
export function keepWaitingConnections(app: FastifyInstance): void {
  app.addHook("onRequest", (_request, { raw }, done) => {
    // With a listener, Node does not close the connection itself.
    raw.on("timeout", (socket: Socket) => {
      if (raw.headersSent) socket.destroy();
    });
    done();
  });
}
