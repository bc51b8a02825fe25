import { pipeline, Readable } from "node:stream";
import { promisify } from "node:util";
import {
  brotliCompress,
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  gzip,
  gzipSync,
} from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import Negotiator from "negotiator";

/** In bytes. Smaller responses fit into two packets uncompressed. */
const MIN_COMPRESSED_BYTES = 2048;
/** Media types that are already compressed. */
const isCompressed = /openxmlformats|parquet|^image\/|pdf/;
/**
 * The maximum number of bytes compressed synchronously, in a few tenths of a millisecond. Larger bodies use the thread
 * pool.
 */
const MAX_SYNC_BYTES = 256 * 1024;

/**
 * The fastest level of each encoding reduces JSON to an eighth in a few percent of the operation's time. Data in memory
 * is compressed in one piece. Streams are ten times slower, and use a small window to save memory.
 */
const brotliOptions = { chunkSize: 128 * 1024, params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const brotliStreamOptions = { params: { ...brotliOptions.params, [constants.BROTLI_PARAM_LGWIN]: 18 } };
const gzipOptions = { chunkSize: 128 * 1024, level: constants.Z_BEST_SPEED };
const brotliAsync = promisify(brotliCompress);
const gzipAsync = promisify(gzip);
const compressors = {
  br: {
    sync: (bytes: Buffer) => brotliCompressSync(bytes, brotliOptions),
    async: (bytes: Buffer) => brotliAsync(bytes, brotliOptions),
    stream: () => createBrotliCompress(brotliStreamOptions),
  },
  gzip: {
    sync: (bytes: Buffer) => gzipSync(bytes, gzipOptions),
    async: (bytes: Buffer) => gzipAsync(bytes, gzipOptions),
    stream: () => createGzip(gzipOptions),
  },
};

/** An encoding of responses. */
export type Encoding = keyof typeof compressors;

const encodings: readonly Encoding[] = ["br", "gzip"];

/** A method of `Negotiator` that its types lack: `preferred` orders encodings of equal weight. */
interface EncodingNegotiator {
  encoding(
    available: readonly Encoding[],
    options: { readonly preferred: readonly Encoding[] },
  ): Encoding | undefined;
}

/** Step of a response: compresses the body if the client accepts an encoding. */
export function compress(request: FastifyRequest, reply: FastifyReply, body: unknown): unknown {
  const encoding = encodingOf(request, reply, body);
  if (!encoding) return body;
  if (body instanceof Readable) return pipeline(body, compressors[encoding].stream(), () => {});
  // Safe: no other body has a length.
  return encode(encoding, typeof body === "string" ? Buffer.from(body) : (body as Buffer));
}

/** Returns the encoding of a response; undefined for none. */
function encodingOf(request: FastifyRequest, reply: FastifyReply, payload: unknown) {
  // Forwarded answers to HEAD are streams without bytes.
  const isEncoded =
    (request.method === "HEAD" && payload instanceof Readable) ||
    reply.hasHeader("content-encoding") ||
    isCompressed.test(String(reply.getHeader("content-type"))) ||
    // Compression would delay the messages of this stream.
    String(reply.getHeader("cache-control")).includes("no-transform");
  return isEncoded ? undefined : chooseEncoding(request, reply, lengthOf(reply, payload));
}

/** Returns the length of a body in bytes: infinite if unknown, 0 for a stream with a declared length. */
function lengthOf(reply: FastifyReply, payload: unknown) {
  if (payload instanceof Readable) return reply.hasHeader("content-length") ? 0 : Infinity;
  if (typeof payload !== "string" && !Buffer.isBuffer(payload)) return 0;
  // A text has at least as many bytes as characters.
  return payload.length >= MIN_COMPRESSED_BYTES ? payload.length : Buffer.byteLength(payload);
}

/**
 * Chooses the encoding of a response of `length` bytes and sets its headers. The caller then sends the result of
 * `encode`. Undefined for no encoding.
 */
export function chooseEncoding(
  request: FastifyRequest,
  reply: FastifyReply,
  length: number,
): Encoding | undefined {
  if (length < MIN_COMPRESSED_BYTES) return undefined;
  const vary = String(reply.getHeader("vary") ?? "");
  if (!/accept-encoding/i.test(vary))
    reply.header("vary", vary ? `${vary}, Accept-Encoding` : "Accept-Encoding");
  if (request.headers["accept-encoding"] === undefined) return undefined;
  const negotiator = new Negotiator(request) as EncodingNegotiator;
  const encoding = negotiator.encoding(encodings, { preferred: encodings });
  if (encoding === undefined) return undefined;
  reply.header("content-encoding", encoding).removeHeader("content-length");
  return encoding;
}

/** Compresses bytes: small bodies synchronously, large ones in the thread pool. */
export function encode(encoding: Encoding, bytes: Buffer): Buffer | Promise<Buffer> {
  return bytes.length <= MAX_SYNC_BYTES
    ? compressors[encoding].sync(bytes)
    : compressors[encoding].async(bytes);
}
