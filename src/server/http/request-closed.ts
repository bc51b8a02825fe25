import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";

/** What is to be done when a connection closes: one listener for all requests that a caller sends on it at once. */
const callbacksBySocket = new WeakMap<Socket, Set<() => void>>();

/** Whether a request's answer is sent, or its caller has left. */
export const isRequestClosed = (request: FastifyRequest, reply: FastifyReply): boolean =>
  reply.raw.closed || request.raw.socket.destroyed;

/**
 * Calls back once, when a request's answer is sent or its caller has left; at once if that is so already. Node says of
 * an answer that it is closed only if its turn on the connection had come: those that wait behind another (HTTP
 * pipelining) are never told that the connection is gone.
 */
export function onRequestClosed(request: FastifyRequest, reply: FastifyReply, callback: () => void): void {
  if (isRequestClosed(request, reply)) {
    callback();
    return;
  }
  const callbacks = closeCallbacksOf(request.raw.socket);
  const handleClose = () => {
    callbacks.delete(handleClose);
    reply.raw.off("close", handleClose);
    callback();
  };
  callbacks.add(handleClose);
  reply.raw.once("close", handleClose);
}

function closeCallbacksOf(socket: Socket): Set<() => void> {
  const existing = callbacksBySocket.get(socket);
  if (existing) return existing;
  const callbacks = new Set<() => void>();
  callbacksBySocket.set(socket, callbacks);
  socket.once("close", () => {
    for (const callback of callbacks) callback();
  });
  return callbacks;
}
