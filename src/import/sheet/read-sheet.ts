import { once } from "node:events";
import { startThread } from "../../config/index.ts";
import { BadSheet, type Sheet, type SheetForm } from "./sheet.ts";

/** What a thread may use for a file, and how long it may take, in milliseconds. */
const limits = { maxOldGenerationSizeMb: 512 };
const TIMEOUT = 30_000;
const tooLarge = "is too large to be read at once. Split it.";

/**
 * Reads a file in a thread of its own, where a hostile one takes no turn and no memory from others. Throws a BadSheet
 * if it is no table.
 */
export async function readSheet(bytes: Buffer, form: SheetForm, maxRows: number): Promise<Sheet> {
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
