import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { PromiseOrValue } from "../../graph/index.ts";
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
/** The minimum average reading speed, in bytes per second, and the seconds before it counts. */
const minRate = 8_000;
const grace = 60;

/**
 * Returns the last step of a response. It sends large bodies in pieces, one per turn of the event loop for all
 * requests: since a turn accepts one connection, new ones would wait for seconds behind hundreds of megabytes in one
 * turn. An answer counts as computed with its first piece.
 */
export function createBodyPacer() {
  let lastTurn = Promise.resolve();

  async function beginPiece(reply: FastifyReply): Promise<void> {
    lastTurn = lastTurn.then(() => new Promise((resolve) => setImmediate(resolve)));
    await lastTurn;
    endComputing(reply);
  }

  async function* inTurns(pieces: Iterable<Buffer> | Readable, reply: FastifyReply): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      await beginPiece(reply);
      yield piece;
    }
  }

  const streamOf = (pieces: Iterable<Buffer> | Readable, reply: FastifyReply) =>
    Readable.from(inTurns(pieces, reply), { objectMode: false });

  return (request: FastifyRequest, reply: FastifyReply, body: unknown): PromiseOrValue<unknown> => {
    const isText = typeof body === "string" || Buffer.isBuffer(body);
    if (body instanceof Readable || (isText && body.length >= largeBytes)) cutOffSlowReader(request, reply);
    else endComputing(reply);
    if (body instanceof Readable) return streamOf(body, reply);
    if (!isText || body.length < largeBytes) return body;
    if (body.length <= pieceBytes) return beginPiece(reply).then(() => body);
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    reply.header("content-length", bytes.length);
    return streamOf(cut(bytes), reply);
  };
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
