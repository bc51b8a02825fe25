import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../../config/index.ts";
import type { Steps } from "../../../graph/index.ts";
import type { Format } from "../sheet/format.ts";
import type { FileParts, SheetOptions, Table } from "../sheet/table.ts";
import type { TableAnswer } from "./table-answer.ts";

/** The number of bytes sent together. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Sends a table as a file, with headers for the cost and missing data. The file is written while the rows are read,
 * yielding in between, and waits for slow clients. An error at the beginning is thrown; a later one resets the
 * connection.
 */
export async function sendTable(
  request: FastifyRequest,
  reply: FastifyReply,
  table: Table,
  format: Format,
  options: SheetOptions,
  { calls, oldest, missingSettings, missingScopes, meter }: TableAnswer,
  log: Log,
): Promise<FastifyReply> {
  reply.headers({ "x-alma-calls": calls, ...(oldest && { "x-alma-oldest": oldest }) });
  if (missingSettings.length > 0) reply.header("x-alma-missing-settings", missingSettings.join(", "));
  if (missingScopes.length > 0) reply.header("x-alma-missing-scopes", missingScopes.join(", "));
  const parts = format.write(table, options);
  const next = async () => meter.complete("writing the table", takeChunk(parts));
  const first = await next();
  reply.type(format.mediaType);
  if (first.isLast) return reply.send(first.bytes);
  return reply.send(Readable.from(chunksFrom(first, next, request, log), { objectMode: false }));
}

interface Chunk {
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

function* takeChunk(parts: FileParts): Steps<Chunk> {
  const taken: Uint8Array[] = [];
  let length = 0;
  while (length < CHUNK_BYTES) {
    const { done, value } = parts.next();
    if (done) return { bytes: Buffer.concat(taken), isLast: true };
    const bytes = typeof value === "string" ? Buffer.from(value) : value;
    length += bytes.length;
    taken.push(bytes);
    yield;
  }
  return { bytes: Buffer.concat(taken), isLast: false };
}

async function* chunksFrom(
  first: Chunk,
  next: () => Promise<Chunk>,
  { id }: FastifyRequest,
  log: Log,
): AsyncGenerator<Buffer, void> {
  for (let chunk = first; ; ) {
    if (chunk.bytes.length > 0) yield chunk.bytes;
    if (chunk.isLast) return;
    chunk = await next().catch((error: unknown) => {
      log.error({ error, requestId: id }, "writing a table failed");
      throw error;
    });
  }
}
