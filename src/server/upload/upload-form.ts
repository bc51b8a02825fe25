import type { MultipartFile } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import { BadFile, type IncomingFile } from "../../alma/index.ts";

/** A caller's form: one file, and before it what the file shows. */
export interface UploadForm {
  readonly file: IncomingFile;
  readonly description: string;
}

/** The longest description that is passed on; Alma's own limit is not documented. */
export const maxDescriptionBytes = 2_000;

/**
 * Reads a form up to its file; the file is read as it is sent on. The file has to be the last part: when it has
 * arrived, everything else is settled. Throws BadFile for any other form, and while the content is read if a part
 * follows.
 */
export async function readUploadForm(request: FastifyRequest): Promise<UploadForm> {
  // Nobody would ever be told of the end of a body that broke off before it was listened to.
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
      // The file cannot be longer than the whole body; how much shorter it is shows at its end.
      const file = { name: part.filename ?? "", content, ...(length > 0 && { length }) };
      return { file, description };
    }
    if (part.fieldname !== "description") throw invalidFormError(`The form has a part "${part.fieldname}".`);
    if (typeof part.value !== "string") throw invalidFormError("The description is no text.");
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
    'send a multipart form of a text part "description", which may be left out, and then the file';
  return new BadFile(
    "broken-off",
    `${problem} Nothing was uploaded; ${instruction}, as the last part.`,
    cause,
  );
}
