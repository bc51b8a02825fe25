import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Callbacks for the end of a response or of a connection: one listener of each serves all. */
const callbacksByEmitter = new WeakMap<Socket | ServerResponse, Set<() => void>>();

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
  const sets = [closeCallbacksOf(reply.raw), closeCallbacksOf(request.raw.socket)];
  const handleClose = () => {
    for (const callbacks of sets) callbacks.delete(handleClose);
    callback();
  };
  for (const callbacks of sets) callbacks.add(handleClose);
}

function closeCallbacksOf(emitter: Socket | ServerResponse): Set<() => void> {
  const existing = callbacksByEmitter.get(emitter);
  if (existing) return existing;
  const callbacks = new Set<() => void>();
  callbacksByEmitter.set(emitter, callbacks);
  emitter.once("close", () => {
    for (const callback of callbacks) callback();
  });
  return callbacks;
}
