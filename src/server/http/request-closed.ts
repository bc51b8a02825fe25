import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";

type Callback = () => void;

/**
 * Where a response has what waits for its end, and a connection the ends of its requests: one listener of each serves
 * all. A WeakMap would keep what it is asked for until the next collection of everything.
 */
const waiting = Symbol("waiting");
/** Where a response has what waits until it is computed. */
const computing = Symbol("computing");

interface Closing {
  [waiting]?: Callback[];
  [computing]?: Callback[];
}

/** Whether the response is sent or the caller has disconnected. */
export const isRequestClosed = (request: FastifyRequest, reply: FastifyReply): boolean =>
  reply.raw.closed || request.raw.socket.destroyed;

/**
 * Calls back once, when the response is sent or the caller has disconnected; immediately if it already has. The
 * socket's end is watched as well: Node emits no `close` on responses that wait behind another one (HTTP pipelining).
 */
export function onRequestClosed(request: FastifyRequest, reply: FastifyReply, callback: Callback): void {
  if (isRequestClosed(request, reply)) {
    callback();
    return;
  }
  const response: ServerResponse & Closing = reply.raw;
  response[waiting] ??= callbacksAtEnd(reply.raw, request.raw.socket);
  response[waiting].push(callback);
}

/** As `onRequestClosed`, and before that once the response is computed and only waits for its reader. */
export function onComputed(request: FastifyRequest, reply: FastifyReply, callback: Callback): void {
  const response: ServerResponse & Closing = reply.raw;
  response[computing] ??= [];
  response[computing].push(callback);
  onRequestClosed(request, reply, () => endComputing(reply));
}

/** Notes that a response is computed. */
export function endComputing({ raw }: FastifyReply): void {
  const response: ServerResponse & Closing = raw;
  for (const callback of response[computing]?.splice(0) ?? []) callback();
}

/** The callbacks for the end of a response or of its connection. */
function callbacksAtEnd(response: ServerResponse, socket: Socket): Callback[] {
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

/** The ends of the requests of a connection that are not over. */
function endsOf(socket: Socket & Closing): Callback[] {
  if (socket[waiting]) return socket[waiting];
  const ends: Callback[] = [];
  socket[waiting] = ends;
  socket.once("close", () => {
    for (const end of ends.splice(0)) end();
  });
  return ends;
}
