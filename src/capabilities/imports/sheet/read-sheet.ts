import { once } from "node:events";
import type { FastifyReply, FastifyRequest } from "fastify";
import { maxFileName } from "../../../alma/index.ts";
import { startThread } from "../../../config/index.ts";
import { createFairSlots, onRequestClosed } from "../../../server/index.ts";
import { OperationFailure } from "../../reports/api.ts";
import { InvalidSheetError, type Sheet, type SheetForm, sheetForms } from "./sheet.ts";

/** The memory limit of a thread for a file, and its timeout in milliseconds. */
const limits = { maxOldGenerationSizeMb: 512 };
const SHEET_TIMEOUT = 10_000;
/** The number of files read concurrently, and of waiting files; each holds its bytes in memory. */
const MAX_THREADS = 2;
const MAX_WAITING = 8;
const tooLarge = "is too large to be read at once. Split it.";

/**
 * Creates a reader of a request's file: the body itself, or a file in a form. It throws an InvalidSheetError, or an
 * OperationFailure if too many files are being read. If there are several callers, each may use half of the threads and
 * the queue.
 */
export function createSheetReader(maxRows: number, hasSeveralCallers: () => boolean) {
  const slots = createFairSlots(MAX_THREADS, MAX_WAITING, hasSeveralCallers);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<Sheet> => {
    const left = new AbortController();
    onRequestClosed(reply, () => left.abort());
    const { bytes, form } = await fileOf(request);
    // Undefined if the caller has disconnected.
    const release = await slots.take(request.caller?.id ?? "", left.signal)?.catch(() => undefined);
    if (!release) throw new OperationFailure(503, "OVERLOADED", busy, "5");
    try {
      return await readInThread(bytes, form, maxRows, left.signal);
    } finally {
      release();
    }
  };
}

const busy = "Other tables are being read, and the queue is full. Send this one again in 5 s.";

async function fileOf(
  request: FastifyRequest,
): Promise<{ readonly bytes: Buffer; readonly form: SheetForm }> {
  if (request.isMultipart()) {
    const file = await request.file();
    if (file && file.filename.length > maxFileName)
      throw new InvalidSheetError(
        `has a name of ${file.filename.length} characters; ${maxFileName} are allowed.`,
      );
    const ending = file?.filename.split(".").at(-1)?.toLowerCase();
    const form = [...sheetForms.values()].find((one) => one === ending);
    if (!file || !form)
      throw new InvalidSheetError("must be a file whose name ends in .xlsx, .csv, .json or .ndjson.");
    return { bytes: await file.toBuffer(), form };
  }
  const form = sheetForms.get((request.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "");
  if (!form || !Buffer.isBuffer(request.body))
    throw new InvalidSheetError(
      `must have one of the content types ${[...sheetForms.keys()].join(", ")}, or be the file of a form.`,
    );
  return { bytes: request.body, form };
}

/**
 * Reads a file in its own thread, so that a malicious file blocks nothing else. Throws an InvalidSheetError if the file
 * is not a table.
 */
async function readInThread(
  bytes: Buffer,
  form: SheetForm,
  maxRows: number,
  left: AbortSignal,
): Promise<Sheet> {
  const thread = startThread("capabilities/imports/sheet/sheet-thread", {
    workerData: { bytes, form, maxRows },
    resourceLimits: limits,
  });
  try {
    const [answer] = await once(thread, "message", {
      signal: AbortSignal.any([AbortSignal.timeout(SHEET_TIMEOUT), left]),
    });
    if (answer.fault !== undefined) throw new InvalidSheetError(answer.fault);
    return answer.sheet;
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException;
    if (name === "AbortError" || code === "ERR_WORKER_OUT_OF_MEMORY") throw new InvalidSheetError(tooLarge);
    throw error;
  } finally {
    void thread.terminate();
  }
}
