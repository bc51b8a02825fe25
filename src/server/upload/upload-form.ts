import type { MultipartFile } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import { BadFile, type IncomingFile } from "../../alma/index.ts";

/** A multipart form: an optional description, then the file. */
export interface UploadForm {
  readonly file: IncomingFile;
  readonly description: string;
}

/** The longest description that is sent on; Alma's own limit is not documented. */
export const maxDescriptionBytes = 2_000;

/**
 * Reads a form up to its file; the file's content is a stream. The file must be the last part, so that the description
 * is known before the file is sent on. Throws BadFile for any other form; the stream throws it if a part follows.
 */
export async function readUploadForm(request: FastifyRequest): Promise<UploadForm> {
  // Reading the parts of a body that has already broken off would never end.
  if (request.raw.destroyed) throw brokenOffError();
  try {
    return await readUntilFile(request);
  } catch (error) {
    if (error instanceof BadFile) throw error;
    throw invalidFormError("The form cannot be read, or breaks off before its file.", error);
  }
}

async function readUntilFile(request: FastifyRequest): Promise<UploadForm> {
  const parts = request.parts()[Symbol.asyncIterator]();
  let description = "";
  while (true) {
    const { done, value: part } = await parts.next();
    if (done) throw invalidFormError("The form has no file.");
    if (part.type === "file") {
      const length = Number(request.headers["content-length"]);
      const content = readLastPart(part, parts);
      // The length of the whole body bounds that of the file, which is known only at its end.
      const file = { name: part.filename ?? "", content, ...(length > 0 && { length }) };
      return { file, description };
    }
    if (part.fieldname !== "description") throw invalidFormError(`The form has a part "${part.fieldname}".`);
    if (typeof part.value !== "string") throw invalidFormError("The description is not text.");
    description = part.value;
    if (part.valueTruncated)
      throw invalidFormError(`The description is longer than ${maxDescriptionBytes} bytes.`);
  }
}

async function* readLastPart(
  part: MultipartFile,
  parts: AsyncIterator<unknown>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* part.file;
    const { done } = await parts.next();
    if (!done) throw invalidFormError("Something follows the file.");
  } catch (error) {
    if (error instanceof BadFile) throw error;
    throw brokenOffError(error);
  }
}

function brokenOffError(cause?: unknown): BadFile {
  const message = "The file broke off before its end; nothing was uploaded. Send it again.";
  return new BadFile("broken-off", message, cause);
}

function invalidFormError(problem: string, cause?: unknown): BadFile {
  const instruction =
    'send a multipart form of a text part "description", which is optional, and then the file';
  return new BadFile(
    "broken-off",
    `${problem} Nothing was uploaded; ${instruction}, as the last part.`,
    cause,
  );
}
