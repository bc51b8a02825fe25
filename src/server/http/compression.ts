import { promisify } from "node:util";
import { brotliCompress, brotliCompressSync, constants, gzip, gzipSync } from "node:zlib";
import { Negotiator } from "@fastify/accept-negotiator";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Bytes of an answer that fits into two packets anyway. */
const minCompressedBytes = 2048;
/** Bytes that are packed at once, in a few tenths of a millisecond; more are left to the thread pool. */
const maxSyncBytes = 256 * 1024;

/**
 * Each encoding at its quickest: of JSON that leaves an eighth, and costs a few hundredths of what the answer did.
 * The whole is in memory anyway, so it is packed in one piece; packing it as a stream takes ten times as long.
 */
const brotliOptions = { chunkSize: 128 * 1024, params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const gzipOptions = { chunkSize: 128 * 1024, level: constants.Z_BEST_SPEED };
const brotliAsync = promisify(brotliCompress);
const gzipAsync = promisify(gzip);
const compressors = {
  br: {
    now: (bytes: Buffer) => brotliCompressSync(bytes, brotliOptions),
    later: (bytes: Buffer) => brotliAsync(bytes, brotliOptions),
  },
  gzip: {
    now: (bytes: Buffer) => gzipSync(bytes, gzipOptions),
    later: (bytes: Buffer) => gzipAsync(bytes, gzipOptions),
  },
};

const encodingNegotiator = new Negotiator<keyof typeof compressors>({ supportedValues: ["br", "gzip"] });

/** Compresses the answers of all routes that are added from now on, for clients that accept it. */
export function addCompression(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    route.onSend = [...[route.onSend ?? []].flat(), compress];
  });
}

async function compress(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (typeof payload !== "string" && !Buffer.isBuffer(payload)) return payload;
  if (Buffer.byteLength(payload) < minCompressedBytes || reply.hasHeader("content-encoding")) return payload;
  const vary = String(reply.getHeader("vary") ?? "");
  if (!/accept-encoding/i.test(vary))
    reply.header("vary", vary ? `${vary}, Accept-Encoding` : "Accept-Encoding");
  const encoding = encodingNegotiator.negotiate(request.headers["accept-encoding"] ?? "identity");
  if (encoding === null) return payload;
  reply.header("content-encoding", encoding).removeHeader("content-length");
  const bytes = Buffer.from(payload);
  return bytes.length <= maxSyncBytes ? compressors[encoding].now(bytes) : compressors[encoding].later(bytes);
}
