import { once } from "node:events";
import type { FastifyRequest } from "fastify";
import { startThread } from "../../config/index.ts";
import { BadSheet, type Sheet, type SheetForm, sheetForms } from "./sheet.ts";

/** What a thread may use for a file, and how long it may take, in milliseconds. */
const limits = { maxOldGenerationSizeMb: 512 };
const TIMEOUT = 30_000;
const tooLarge = "is too large to be read at once. Split it.";

/** Reads the file of a request: the body itself, or that of a form. Throws a BadSheet. */
export async function readSheet(request: FastifyRequest, maxRows: number): Promise<Sheet> {
  if (request.isMultipart()) {
    const file = await request.file();
    const ending = file?.filename.split(".").at(-1)?.toLowerCase();
    const form = [...sheetForms.values()].find((one) => one === ending);
    if (!file || !form) throw new BadSheet("has to be a file that ends in .xlsx, .csv, .json or .ndjson.");
    return readInThread(await file.toBuffer(), form, maxRows);
  }
  const form = sheetForms.get((request.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "");
  if (!form || !Buffer.isBuffer(request.body))
    throw new BadSheet(
      `has to come as one of ${[...sheetForms.keys()].join(", ")} (Content-Type), or as the file of a form.`,
    );
  return readInThread(request.body, form, maxRows);
}

/**
 * Reads a file in a thread of its own, where a hostile one takes no turn and no memory from others. Throws a BadSheet
 * if it is no table.
 */
async function readInThread(bytes: Buffer, form: SheetForm, maxRows: number): Promise<Sheet> {
  const thread = startThread("import/sheet/sheet-thread", {
    workerData: { bytes, form, maxRows },
    resourceLimits: limits,
  });
  try {
    const [answer] = await once(thread, "message", { signal: AbortSignal.timeout(TIMEOUT) });
    if (answer.fault !== undefined) throw new BadSheet(answer.fault);
    return answer.sheet;
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException;
    if (name === "AbortError" || code === "ERR_WORKER_OUT_OF_MEMORY") throw new BadSheet(tooLarge);
    throw error;
  } finally {
    void thread.terminate();
  }
}
