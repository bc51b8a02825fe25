import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest, onSendHookHandler } from "fastify";
import { endComputing, onRequestClosed } from "../http/request-closed.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether an idle reader is disconnected, like that of a stream. */
    isCutOffWhenIdle?: boolean;
  }
}

/** The bytes from which a body is large, which are also sent together, in a fraction of a millisecond. */
const largeBytes = 64 * 1024;
const pieceBytes = 256 * 1024;
/** Seconds for which a reader of a stream, or of a route with few places, may read nothing. */
export const patience = 30;
/** The least bytes per second that a reader must read on average, and the seconds before that counts. */
const minRate = 8_000;
const grace = 60;

/**
 * Sends large bodies in pieces, one per turn of the event loop for all requests: with hundreds of megabytes
 * in one turn, new connections, of which a turn accepts one, would wait for seconds. An answer counts as
 * computed with its first piece. Applies to routes added after this call, after hooks that change bodies.
 */
export function sendLargeBodiesInPieces(app: FastifyInstance): void {
  let lastTurn = Promise.resolve();

  async function* inTurns(pieces: Iterable<Buffer> | Readable, reply: FastifyReply): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      lastTurn = lastTurn.then(() => new Promise((resolve) => setImmediate(resolve)));
      await lastTurn;
      endComputing(reply);
      yield piece;
    }
  }

  const send: onSendHookHandler = (request, reply, payload, done) => {
    const pieces = piecesOf(payload, reply);
    if (pieces) {
      cutOffSlowReader(request, reply);
      done(null, Readable.from(inTurns(pieces, reply), { objectMode: false }));
    } else {
      endComputing(reply);
      done(null, payload);
    }
  };

  app.addHook("onRoute", (route) => {
    route.onSend = [...[route.onSend ?? []].flat(), send];
  });
}

/** Returns the pieces of a large body; undefined for a small one. */
function piecesOf(payload: unknown, reply: FastifyReply): Iterable<Buffer> | Readable | undefined {
  if (payload instanceof Readable) return payload;
  if (!(typeof payload === "string" || Buffer.isBuffer(payload)) || payload.length < largeBytes)
    return undefined;
  const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
  reply.header("content-length", bytes.length);
  return cut(bytes);
}

function* cut(bytes: Buffer): Generator<Buffer, void> {
  for (let start = 0; start < bytes.length; start += pieceBytes)
    yield bytes.subarray(start, start + pieceBytes);
}

/** Disconnects a reader that takes too long. Time in which nothing waits does not count. */
function cutOffSlowReader(request: FastifyRequest, reply: FastifyReply): void {
  const { socket } = request.raw;
  const { isCutOffWhenIdle = false } = request.routeOptions.config;
  const bytesBefore = socket.bytesWritten;
  let [seconds, idle, before] = [0, 0, 0];
  const timer = setInterval(() => {
    if (socket.writableLength === 0) return;
    seconds += 1;
    const taken = socket.bytesWritten - socket.writableLength - bytesBefore;
    idle = taken === before ? idle + 1 : 0;
    before = taken;
    if (taken < (seconds - grace) * minRate || (isCutOffWhenIdle && idle >= patience)) socket.destroy();
  }, 1_000);
  onRequestClosed(request, reply, () => clearInterval(timer));
}
