import { promisify } from "node:util";
import { brotliCompress, brotliCompressSync, constants, gzip, gzipSync } from "node:zlib";
import { Negotiator } from "@fastify/accept-negotiator";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Bytes of an answer that fits into two packets anyway. */
const notWorthIt = 2048;
/** Bytes that are packed at once, in a few tenths of a millisecond; more are left to the thread pool. */
const atOnce = 256 * 1024;

/**
 * Each encoding at its quickest: of JSON that leaves an eighth, and costs a few hundredths of what the answer did.
 * The whole is in memory anyway, so it is packed in one piece; packing it as a stream takes ten times as long.
 */
const brotli = { chunkSize: 128 * 1024, params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const fastest = { chunkSize: 128 * 1024, level: constants.Z_BEST_SPEED };
const brotliLater = promisify(brotliCompress);
const gzipLater = promisify(gzip);
const pack = {
  br: {
    now: (bytes: Buffer) => brotliCompressSync(bytes, brotli),
    later: (bytes: Buffer) => brotliLater(bytes, brotli),
  },
  gzip: {
    now: (bytes: Buffer) => gzipSync(bytes, fastest),
    later: (bytes: Buffer) => gzipLater(bytes, fastest),
  },
};

const encodings = new Negotiator<keyof typeof pack>({ supportedValues: ["br", "gzip"] });

/** Compresses the answers of all routes that are added from now on, for clients that accept it. */
export function addCompression(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    route.onSend = [...[route.onSend ?? []].flat(), compress];
  });
}

async function compress(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (typeof payload !== "string" && !Buffer.isBuffer(payload)) return payload;
  if (Buffer.byteLength(payload) < notWorthIt || reply.hasHeader("content-encoding")) return payload;
  const vary = String(reply.getHeader("vary") ?? "");
  if (!/accept-encoding/i.test(vary))
    reply.header("vary", vary ? `${vary}, Accept-Encoding` : "Accept-Encoding");
  const encoding = encodings.negotiate(request.headers["accept-encoding"] ?? "identity");
  if (encoding === null) return payload;
  reply.header("content-encoding", encoding).removeHeader("content-length");
  const bytes = Buffer.from(payload);
  return bytes.length <= atOnce ? pack[encoding].now(bytes) : pack[encoding].later(bytes);
}
