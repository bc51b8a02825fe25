import { AlmaError } from "../alma/index.ts";
import type { SyncError, SyncErrorCode } from "./sync-error.ts";
import type { SyncTools } from "./sync-tools.ts";
import type { Task } from "./task.ts";

/** Writes of one step under way at once: their calls share Alma with everybody else's. */
const AT_ONCE = 16;

/** What tells of a step that ends with an error nobody foresaw, and whether the step may have written. */
interface Tools extends Pick<SyncTools, "report"> {
  readonly writer: { readonly dryRun: boolean };
}

/**
 * Does a step for each task, `atOnce` at a time. A task for which Alma cannot be asked, or in which something
 * unforeseen happens, fails, and the others go on: what they write is told.
 */
export async function each<T extends Task>(
  tasks: readonly T[],
  step: (task: T) => Promise<void>,
  tools: Tools,
  atOnce = AT_ONCE,
): Promise<void> {
  const queue = tasks.values();
  const work = async () => {
    for (const task of queue) {
      try {
        await step(task);
      } catch (error) {
        if (error instanceof AlmaError) task.fail(notDone(error));
        else failUnforeseen(task, error, tools);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** What another record may be in the way of: of these days, this name, this address. */
const IN_THE_WAY: ReadonlySet<SyncErrorCode> = new Set(["OVERLAP", "NOT_UNIQUE"]);

/**
 * Does a step for each task of one group after the other. What Alma refuses because another record is in the way is
 * tried again as long as others of the step are written: they may have made room for it.
 */
export async function eachInTurn<T extends Task>(
  groups: readonly (readonly T[])[],
  step: (task: T) => Promise<void>,
  tools: Tools,
): Promise<void> {
  for (const tasks of groups) await each(tasks, step, tools);
  let tried = groups.flat();
  let refused = tried.filter(isInTheWay);
  while (refused.length > 0 && refused.length < tried.length && tried.some(isWritten)) {
    for (const task of refused) task.reopen();
    await each(refused, step, tools);
    tried = refused;
    refused = tried.filter(isInTheWay);
  }
}

const isWritten = ({ action }: Task): boolean => action === "CREATED" || action === "UPDATED";

/** Whether a write was refused for nothing else. */
function isInTheWay({ failed, written, errors }: Task): boolean {
  return failed && written && errors.every(({ code }) => IN_THE_WAY.has(code));
}

function notDone({ code, message }: AlmaError): SyncError {
  // An id that no address can carry, which another attempt does not mend.
  if (code === "BAD_USER_INPUT") return { code: "INVALID", message };
  return { code: "NOT_DONE", message: `${message} Sending the same again is safe.` };
}

function failUnforeseen(task: Task, error: unknown, { report, writer }: Tools): void {
  report(error);
  // It may have come from anywhere, so that the record may have been written.
  task.written = !writer.dryRun;
  const state = writer.dryRun
    ? "before anything of this was written. Send the same again"
    : "and it is not known what of this was written. Look, or send the same again";
  const message = `Something unforeseen happened, ${state}; if it stays so, give the operator the request's id.`;
  task.fail({ code: writer.dryRun ? "NOT_DONE" : "OUTCOME_UNKNOWN", message });
}
