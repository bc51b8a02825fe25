import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { PromiseOrValue } from "../../graph/index.ts";
import { endComputing, onRequestClosed } from "../http/request-closed.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether a reader that stops reading is disconnected, as for streams. */
    isCutOffWhenIdle?: boolean;
  }
}

/**
 * The size, in bytes, from which a body is sent in pieces. Each piece has this size and takes a fraction of a
 * millisecond.
 */
const LARGE_BYTES = 64 * 1024;
const PIECE_BYTES = 256 * 1024;
/** The milliseconds after which an idle reader of a stream, or of a route with few slots, is disconnected. */
export const IDLE_READER_TIME = 30_000;
/** The minimum average reading speed in bytes per second, and the seconds after which it is enforced. */
const MIN_RATE = 8_000;
const GRACE_SECONDS = 60;

/**
 * Returns the last step of a response, which sends large bodies in pieces, one per turn of the event loop for all
 * requests. Node accepts one connection per turn, so sending hundreds of megabytes in one turn would delay new
 * connections for seconds. An answer counts as computed when its first piece is sent.
 */
export function createBodyPacer() {
  let lastTurn = Promise.resolve();

  async function beginPiece(reply: FastifyReply) {
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

  return (reply: FastifyReply, body: unknown): PromiseOrValue<unknown> => {
    const isText = typeof body === "string" || Buffer.isBuffer(body);
    if (body instanceof Readable || (isText && body.length >= LARGE_BYTES)) cutOffSlowReader(reply);
    else endComputing(reply);
    if (body instanceof Readable) return streamOf(body, reply);
    if (!isText || body.length < LARGE_BYTES) return body;
    if (body.length <= PIECE_BYTES) return beginPiece(reply).then(() => body);
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    reply.header("content-length", bytes.length);
    return streamOf(cut(bytes), reply);
  };
}

function* cut(bytes: Buffer): Generator<Buffer, void> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES)
    yield bytes.subarray(start, start + PIECE_BYTES);
}

/** Disconnects a reader that is too slow. Time during which nothing is waiting to be read does not count. */
function cutOffSlowReader(reply: FastifyReply) {
  const { socket } = reply.request.raw;
  const { isCutOffWhenIdle = false } = reply.routeOptions.config;
  const bytesBefore = socket.bytesWritten;
  let [seconds, idle, before] = [0, 0, 0];
  const timer = setInterval(() => {
    if (socket.writableLength === 0) return;
    seconds += 1;
    const taken = socket.bytesWritten - socket.writableLength - bytesBefore;
    idle = taken === before ? idle + 1 : 0;
    before = taken;
    if (
      taken < (seconds - GRACE_SECONDS) * MIN_RATE ||
      (isCutOffWhenIdle && idle * 1_000 >= IDLE_READER_TIME)
    )
      socket.destroy();
  }, 1_000);
  onRequestClosed(reply, () => clearInterval(timer));
}
