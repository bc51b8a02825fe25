import { AlmaError } from "../http/errors.ts";

/** Why a file cannot be uploaded. */
type FileErrorReason =
  /** Not a usable URL, or a forbidden host. */
  | "link"
  /** No file at the URL. */
  | "missing"
  /** The file is larger than allowed. */
  | "too-large"
  /** The content is neither a PDF nor an image. */
  | "wrong-type"
  /** The file arrives too slowly, or its transfer was interrupted. */
  | "broken-off";

/** An error that the sender of a file must correct. Nothing was uploaded. */
export class InvalidFileError extends AlmaError {
  override readonly name = "InvalidFileError";
  readonly reason: FileErrorReason;

  constructor(reason: FileErrorReason, message: string, cause?: unknown) {
    super("BAD_USER_INPUT", message, { cause });
    this.reason = reason;
  }
}

/** The maximum size of a file in bytes, and the maximum time to wait for its content in milliseconds. */
export interface FileLimits {
  readonly maxBytes: number;
  readonly timeout: number;
}

/** A file as its sender gives it. */
export interface IncomingFile {
  /** May be empty, or contain any characters. */
  readonly name: string;
  /** Can be read once. */
  readonly content: AsyncIterable<Uint8Array>;
  /** In bytes, if known; may be slightly more than the content. */
  readonly length?: number;
}

/** A file of known type. Its content can be read once. */
export interface InspectedFile {
  /** The media type, detected from the content. */
  readonly type: string;
  /** The usual file extension for this type, without the dot. */
  readonly extension: string;
  /** The complete content. Throws InvalidFileError if it is too large or too slow. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** The types of photos and scans (Alma: Apartments, photos; Clients and Contracts, scans). */
const ALLOWED_TYPES = [
  "application/pdf",
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/gif",
  "image/heic",
  "image/heif",
];
/** The number of initial bytes needed to detect the type of a file. */
const SNIFFED_BYTES = 4_100;

/**
 * Detects the type of a file from its beginning. The rest is read, and its size checked, while it is sent.
 * Throws InvalidFileError for a file that is empty, neither a PDF nor an image, or too slow.
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
    // Loaded on demand, since few processes need it.
    const { fileTypeFromBuffer } = await import("file-type");
    const fileType = await fileTypeFromBuffer(Buffer.concat(head));
    if (!fileType || !ALLOWED_TYPES.includes(fileType.mime)) throw wrongTypeError(size);
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

/** Yields the same content. Throws InvalidFileError if it is too large, or waiting for it takes too long in total. */
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
      if (size > maxBytes) throw tooLargeError(maxBytes);
      yield value;
    }
  } finally {
    // Not awaited, since a pending read may never end.
    source.return?.().catch(() => {});
  }
}

function withTimeout<T>(pending: Promise<T>, remaining: number, timeout: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooSlowError(timeout)), Math.max(0, remaining));
    pending.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Creates the error for a file whose declared or actual length is too large. */
export function tooLargeError(maxBytes: number): InvalidFileError {
  return new InvalidFileError(
    "too-large",
    `The file has more than the allowed ${maxBytes} bytes; nothing was uploaded. Make it smaller.`,
  );
}

function tooSlowError(timeout: number) {
  return new InvalidFileError(
    "broken-off",
    `The file did not arrive within ${timeout / 1000} s; nothing was uploaded. Send it again, or a smaller one.`,
  );
}

function wrongTypeError(size: number) {
  const finding =
    size === 0 ? "The file is empty" : "By its content, the file is neither a PDF nor a picture";
  return new InvalidFileError(
    "wrong-type",
    `${finding}; nothing was uploaded. Send a PDF, or a picture as JPEG, PNG, WebP, GIF or HEIC.`,
  );
}
