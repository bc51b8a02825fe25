import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";

/** What is to be done when a connection closes: one listener for all requests that a caller sends on it at once. */
const onClose = new WeakMap<Socket, Set<() => void>>();

/** Whether a request's answer is sent, or its caller has left. */
export const isOver = (request: FastifyRequest, reply: FastifyReply): boolean =>
  reply.raw.closed || request.raw.socket.destroyed;

/**
 * Calls back once, when a request's answer is sent or its caller has left; at once if that is so already. Node says of
 * an answer that it is closed only if its turn on the connection had come: those that wait behind another (HTTP
 * pipelining) are never told that the connection is gone.
 */
export function whenOver(request: FastifyRequest, reply: FastifyReply, go: () => void): void {
  if (isOver(request, reply)) {
    go();
    return;
  }
  const waiting = waitingFor(request.raw.socket);
  const over = () => {
    waiting.delete(over);
    reply.raw.off("close", over);
    go();
  };
  waiting.add(over);
  reply.raw.once("close", over);
}

function waitingFor(socket: Socket): Set<() => void> {
  const known = onClose.get(socket);
  if (known) return known;
  const waiting = new Set<() => void>();
  onClose.set(socket, waiting);
  socket.once("close", () => {
    for (const go of waiting) go();
  });
  return waiting;
}
