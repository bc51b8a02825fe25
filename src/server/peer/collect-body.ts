import { Readable } from "node:stream";
import type { FastifyRequest, RequestPayload } from "fastify";

/** A complete body, or the start of one that is too long. */
type CollectedBody =
  | { readonly whole: Buffer }
  /** The whole body as a stream: the part already read, and the rest. */
  | { readonly tooLong: Readable };

/**
 * Reads a body of at most `maxLength` bytes. Rejects with the stream's error, with status 400 if it has none.
 */
export async function collectBody(
  { headers }: FastifyRequest,
  payload: RequestPayload,
  maxLength: number,
): Promise<CollectedBody> {
  if (Number(headers["content-length"]) > maxLength) return { tooLong: payload as Readable };
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of (payload as Readable).iterator({ destroyOnReturn: false })) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxLength) return { tooLong: Readable.from(rejoin(chunks, payload as Readable)) };
    }
  } catch (error) {
    throw Object.assign(error as Error, { statusCode: (error as { statusCode?: number }).statusCode ?? 400 });
  }
  return { whole: Buffer.concat(chunks, length) };
}

async function* rejoin(chunks: readonly Buffer[], rest: Readable): AsyncGenerator<Buffer, void> {
  yield* chunks;
  yield* rest;
}
