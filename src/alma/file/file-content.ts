import { fileTypeFromBuffer } from "file-type";
import { BadFile } from "./bad-file.ts";

/** How large a file may be, in bytes, and how many milliseconds may be spent on waiting for it. */
export interface FileLimits {
  readonly maxBytes: number;
  readonly timeout: number;
}

/** A file whose type is known, to be read once. */
export interface InspectedFile {
  /** The media type that its content shows. */
  readonly type: string;
  /** The usual ending of names of this type, without the dot. */
  readonly extension: string;
  /** The whole content. Throws BadFile if it turns out too large or comes too slowly. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** Photos and scans. Alma: Apartments, photos; Clients and Contracts, scans. */
const ALLOWED_TYPES = [
  "application/pdf",
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/gif",
  "image/heic",
  "image/heif",
];
/** As much as tells the type of a file. */
const SNIFFED_BYTES = 4_100;

/**
 * Reads the beginning of a file and tells its type by that; the rest is read, and counted, as it is sent. Throws
 * BadFile for an empty file, one of another type than a PDF or a picture, and one that comes too slowly.
 */
export async function inspectFile(
  file: AsyncIterable<Uint8Array>,
  limits: FileLimits,
): Promise<InspectedFile> {
  const content = limitContent(file, limits);
  const head: Uint8Array[] = [];
  let size = 0;
  try {
    while (size < SNIFFED_BYTES) {
      const { done, value } = await content.next();
      if (done) break;
      head.push(value);
      size += value.length;
    }
    const fileType = await fileTypeFromBuffer(Buffer.concat(head));
    if (!fileType || !ALLOWED_TYPES.includes(fileType.mime)) throw wrongType(size);
    return { type: fileType.mime, extension: fileType.ext, content: concat(head, content) };
  } catch (error) {
    await content.return();
    throw error;
  }
}

async function* concat(
  head: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield* head;
  yield* rest;
}

/** The same content, which fails when it is too large, or when it has been waited for too long in all. */
async function* limitContent(
  file: AsyncIterable<Uint8Array>,
  { maxBytes, timeout }: FileLimits,
): AsyncGenerator<Uint8Array, void> {
  const source = file[Symbol.asyncIterator]();
  let size = 0;
  let remaining = timeout;
  try {
    while (true) {
      const startedAt = performance.now();
      const { done, value } = await withTimeout(source.next(), remaining, timeout);
      remaining -= performance.now() - startedAt;
      if (done) return;
      size += value.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      yield value;
    }
  } finally {
    // A read under way may never end, so nobody waits for it here.
    source.return?.().catch(() => {});
  }
}

function withTimeout<T>(pending: Promise<T>, remaining: number, timeout: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooSlow(timeout)), Math.max(0, remaining));
    pending.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The refusal of a file that is larger than allowed, known from its length or counted on the way. */
export function tooLarge(maxBytes: number): BadFile {
  return new BadFile(
    "too-large",
    `The file has more than the allowed ${maxBytes} bytes (MAX_FILE); nothing was uploaded. Make it smaller.`,
  );
}

function tooSlow(timeout: number): BadFile {
  return new BadFile(
    "broken-off",
    `The file did not come within ${timeout / 1000} s (FILE_TIMEOUT); nothing was uploaded. Send it again, or a smaller one.`,
  );
}

function wrongType(size: number): BadFile {
  const finding = size === 0 ? "The file is empty" : "The file is no PDF and no picture, by its content";
  return new BadFile(
    "wrong-type",
    `${finding}; nothing was uploaded. Send a PDF, or a picture as JPEG, PNG, WebP, GIF or HEIC.`,
  );
}
