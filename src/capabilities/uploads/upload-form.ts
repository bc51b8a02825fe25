import type { Multipart, MultipartFile } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import { InvalidFileError, maxFileName } from "../../alma/index.ts";

/** The maximum length of a description that is passed on; Alma does not document its own limit. */
export const MAX_DESCRIPTION_BYTES = 2_000;

/** The limits of a form. */
interface FormLimits {
  /** The maximum size of its file in bytes. */
  readonly maxFile: number;
  /** The time, in milliseconds, within which all parts except the file's content must arrive. */
  readonly timeout: number;
}

/** The maximum size, in bytes, of a form without its file: the description, names and boundaries. */
const MAX_FORM_OVERHEAD = 64 * 2 ** 10;

/**
 * Reads a form up to its file, whose content is a stream. The file must be the last part, so that the description is
 * known before the file is forwarded. Throws InvalidFileError for any other form, and for one that exceeds its limits;
 * so does the stream.
 */
export async function readUploadForm(request: FastifyRequest, limits: FormLimits) {
  // Reading the parts of an interrupted body would never end.
  if (request.raw.destroyed) throw brokenOffError();
  const length = Number(request.headers["content-length"]);
  if (length > limits.maxFile + MAX_FORM_OVERHEAD) throw tooLargeError(limits.maxFile);
  try {
    return await readUntilFile(request, length, limits);
  } catch (error) {
    if (error instanceof InvalidFileError) throw error;
    throw invalidFormError("The form cannot be read, or ends before its file.", error);
  }
}

/** Reads the next part of a form. */
type NextPart = () => Promise<IteratorResult<Multipart>>;

async function readUntilFile(request: FastifyRequest, length: number, limits: FormLimits) {
  const nextPart = limitParts(request, limits);
  let description = "";
  while (true) {
    const { done, value: part } = await nextPart();
    if (done) throw invalidFormError("The form has no file.");
    if (part.type === "file") {
      const { filename = "" } = part;
      if (filename.length > maxFileName)
        throw invalidFormError(
          `The file's name has ${filename.length} characters; ${maxFileName} are allowed.`,
        );
      const content = readLastPart(part, nextPart);
      // The length of the whole body is an upper bound for the length of the file, which is known only at its end.
      const file = { name: filename, content, length: length > 0 ? length : undefined };
      return { file, description };
    }
    if (part.fieldname !== "description") throw invalidFormError(`The form has a part "${part.fieldname}".`);
    if (typeof part.value !== "string") throw invalidFormError("The description is not text.");
    description = part.value;
    if (part.valueTruncated)
      throw invalidFormError(`The description is longer than ${MAX_DESCRIPTION_BYTES} bytes.`);
  }
}

/**
 * Reads the parts of a form, which the parser returns only when complete: an endless header, description or end is
 * rejected once the form has too many bytes, or takes too long.
 */
function limitParts(request: FastifyRequest, { maxFile, timeout }: FormLimits): NextPart {
  const parts = request.parts()[Symbol.asyncIterator]();
  let received = 0;
  let giveUp = (_error: InvalidFileError) => {};
  const count = (chunk: Buffer) => {
    received += chunk.length;
    if (received > maxFile + MAX_FORM_OVERHEAD) giveUp(tooLargeError(maxFile));
  };
  let isCounting = false;
  return () =>
    new Promise((resolve, reject) => {
      giveUp = reject;
      const timer = setTimeout(() => reject(tooSlowError(timeout)), timeout);
      parts
        .next()
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
      // The parser reads the body from the first part on; an earlier listener would make the data flow past the parser.
      if (!isCounting) request.raw.on("data", count);
      isCounting = true;
    });
}

async function* readLastPart(part: MultipartFile, nextPart: NextPart): AsyncGenerator<Uint8Array, void> {
  try {
    yield* part.file;
    const { done } = await nextPart();
    if (!done) throw invalidFormError("There is a part after the file.");
  } catch (error) {
    if (error instanceof InvalidFileError) throw error;
    throw brokenOffError(error);
  }
}

function tooLargeError(maxFile: number) {
  const message = `The file has more than the allowed ${maxFile} bytes; nothing was uploaded. Make it smaller.`;
  return new InvalidFileError("too-large", message);
}

function tooSlowError(timeout: number) {
  const message = `The form did not arrive within ${timeout / 1000} s; nothing was uploaded. Send it again.`;
  return new InvalidFileError("broken-off", message);
}

function brokenOffError(cause?: unknown) {
  const message = "The file was interrupted; nothing was uploaded. Send it again.";
  return new InvalidFileError("broken-off", message, cause);
}

function invalidFormError(problem: string, cause?: unknown) {
  const instruction =
    'send a multipart form of a text part "description", which is optional, and then the file';
  return new InvalidFileError(
    "broken-off",
    `${problem} Nothing was uploaded; ${instruction}, as the last part.`,
    cause,
  );
}
