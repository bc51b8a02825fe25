import { fileTypeFromBuffer } from "file-type";
import { BadFile } from "./bad-file.ts";

/** How large a file may be, in bytes, and how many milliseconds may be spent on waiting for it. */
export interface FileLimits {
  readonly largest: number;
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
const TYPES = [
  "application/pdf",
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/gif",
  "image/heic",
  "image/heif",
];
/** As much as tells the type of a file. */
const HEAD = 4_100;

/**
 * Reads the beginning of a file and tells its type by that; the rest is read, and counted, as it is sent. Throws
 * BadFile for an empty file, one of another type than a PDF or a picture, and one that comes too slowly.
 */
export async function inspected(file: AsyncIterable<Uint8Array>, limits: FileLimits): Promise<InspectedFile> {
  const content = bounded(file, limits);
  const head: Uint8Array[] = [];
  let size = 0;
  try {
    while (size < HEAD) {
      const { done, value } = await content.next();
      if (done) break;
      head.push(value);
      size += value.length;
    }
    const found = await fileTypeFromBuffer(Buffer.concat(head));
    if (!found || !TYPES.includes(found.mime)) throw wrongType(size);
    return { type: found.mime, extension: found.ext, content: after(head, content) };
  } catch (error) {
    await content.return();
    throw error;
  }
}

async function* after(
  head: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield* head;
  yield* rest;
}

/** The same content, which fails when it is too large, or when it has been waited for too long in all. */
async function* bounded(
  file: AsyncIterable<Uint8Array>,
  { largest, timeout }: FileLimits,
): AsyncGenerator<Uint8Array, void> {
  const source = file[Symbol.asyncIterator]();
  let size = 0;
  let patience = timeout;
  try {
    while (true) {
      const began = performance.now();
      const { done, value } = await within(source.next(), patience, timeout);
      patience -= performance.now() - began;
      if (done) return;
      size += value.length;
      if (size > largest) throw tooLarge(largest);
      yield value;
    }
  } finally {
    // A read under way may never end, so nobody waits for it here.
    source.return?.().catch(() => {});
  }
}

function within<T>(step: Promise<T>, patience: number, timeout: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooSlow(timeout)), Math.max(0, patience));
    step.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The refusal of a file that is larger than allowed, known from its length or counted on the way. */
export function tooLarge(largest: number): BadFile {
  return new BadFile(
    "too-large",
    `The file has more than the allowed ${largest} bytes (MAX_FILE); nothing was uploaded. Make it smaller.`,
  );
}

function tooSlow(timeout: number): BadFile {
  return new BadFile(
    "broken-off",
    `The file did not come within ${timeout / 1000} s (FILE_TIMEOUT); nothing was uploaded. Send it again, or a smaller one.`,
  );
}

function wrongType(size: number): BadFile {
  const truth = size === 0 ? "The file is empty" : "The file is no PDF and no picture, by its content";
  return new BadFile(
    "wrong-type",
    `${truth}; nothing was uploaded. Send a PDF, or a picture as JPEG, PNG, WebP, GIF or HEIC.`,
  );
}
