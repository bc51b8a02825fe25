import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply } from "fastify";

type Callback = () => void;

/**
 * Keeps a response's end callbacks, or a connection's unfinished requests, on the object itself, so that one listener
 * serves all. A WeakMap would retain its keys until the next full garbage collection.
 */
const waiting = Symbol("waiting");
/** Keeps the callbacks of a response until it is computed. */
const computing = Symbol("computing");

interface Closing {
  [waiting]?: Callback[];
  [computing]?: Callback[];
}

/** Returns whether the response is sent or the caller has disconnected. */
export const isRequestClosed = ({ raw, request }: FastifyReply): boolean =>
  raw.closed || request.raw.socket.destroyed;

/**
 * Calls back once, when the response is sent or the caller disconnects; immediately if either has happened. Also
 * watches the socket, because Node emits no `close` on responses queued behind another one (HTTP pipelining).
 */
export function onRequestClosed(reply: FastifyReply, callback: Callback): void {
  if (isRequestClosed(reply)) {
    callback();
    return;
  }
  const response: ServerResponse & Closing = reply.raw;
  response[waiting] ??= callbacksAtEnd(reply.raw, reply.request.raw.socket);
  response[waiting].push(callback);
}

/** Like `onRequestClosed`, but calls back as soon as the response is computed. */
export function onComputed(reply: FastifyReply, callback: Callback): void {
  const response: ServerResponse & Closing = reply.raw;
  response[computing] ??= [];
  response[computing].push(callback);
  onRequestClosed(reply, () => endComputing(reply));
}

/** Marks a response as computed. */
export function endComputing({ raw }: FastifyReply): void {
  const response: ServerResponse & Closing = raw;
  for (const callback of response[computing]?.splice(0) ?? []) callback();
}

/** Returns the callbacks for the end of a response or its connection. */
function callbacksAtEnd(response: ServerResponse, socket: Socket) {
  const callbacks: Callback[] = [];
  const ends = endsOf(socket);
  const end = () => {
    const index = ends.indexOf(end);
    if (index >= 0) ends.splice(index, 1);
    for (const callback of callbacks.splice(0)) callback();
  };
  ends.push(end);
  response.once("close", end);
  return callbacks;
}

/** Returns the end callbacks of a connection's unfinished requests. */
function endsOf(socket: Socket & Closing) {
  if (socket[waiting]) return socket[waiting];
  const ends: Callback[] = [];
  socket[waiting] = ends;
  socket.once("close", () => {
    for (const end of ends.splice(0)) end();
  });
  return ends;
}
