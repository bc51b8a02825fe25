import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Callbacks for the end of a connection: one listener serves all requests that are pipelined on it. */
const callbacksBySocket = new WeakMap<Socket, Set<() => void>>();

/** Whether the response is sent or the caller has disconnected. */
export const isRequestClosed = (request: FastifyRequest, reply: FastifyReply): boolean =>
  reply.raw.closed || request.raw.socket.destroyed;

/**
 * Calls back once, when the response is sent or the caller has disconnected; immediately if it already has. The
 * socket's end is watched as well: Node emits no `close` on responses that wait behind another one (HTTP pipelining).
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
