import { AlmaError } from "../../alma/index.ts";
import type { SyncContext } from "./context.ts";
import type { SyncError, SyncErrorCode } from "./sync-error.ts";
import type { Task } from "./task.ts";

/** Writes of one step under way at once: their calls share Alma with everybody else's. */
const CONCURRENCY = 16;

/** What tells of a step that ends with an error nobody foresaw, and whether the step may have written. */
interface StepContext extends Pick<SyncContext, "report"> {
  readonly writer: { readonly dryRun: boolean };
}

/**
 * Does a step for each task, `atOnce` at a time. A task for which Alma cannot be asked, or in which something
 * unforeseen happens, fails, and the others go on: what they write is told.
 */
export async function forEachTask<T extends Task>(
  tasks: readonly T[],
  step: (task: T) => Promise<void>,
  context: StepContext,
  concurrency = CONCURRENCY,
): Promise<void> {
  const queue = tasks.values();
  const runWorker = async () => {
    for (const task of queue) {
      try {
        await step(task);
      } catch (error) {
        if (error instanceof AlmaError) task.fail(notDoneError(error));
        else failUnexpectedly(task, error, context);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, runWorker));
}

/** What another record may be in the way of: of these days, this name, this address. */
const CONFLICT_CODES: ReadonlySet<SyncErrorCode> = new Set(["OVERLAP", "NOT_UNIQUE"]);

/**
 * Does a step for each task of one group after the other. What Alma refuses because another record is in the way is
 * tried again as long as others of the step are written: they may have made room for it.
 */
export async function forEachTaskInGroups<T extends Task>(
  groups: readonly (readonly T[])[],
  step: (task: T) => Promise<void>,
  context: StepContext,
): Promise<void> {
  for (const tasks of groups) await forEachTask(tasks, step, context);
  let attempted = groups.flat();
  let conflicting = attempted.filter(hasFailedByConflict);
  while (
    conflicting.length > 0 &&
    conflicting.length < attempted.length &&
    attempted.some(isCreatedOrUpdated)
  ) {
    for (const task of conflicting) task.reset();
    await forEachTask(conflicting, step, context);
    attempted = conflicting;
    conflicting = attempted.filter(hasFailedByConflict);
  }
}

const isCreatedOrUpdated = ({ action }: Task): boolean => action === "CREATED" || action === "UPDATED";

/** Whether a write was refused for nothing else. */
function hasFailedByConflict({ hasFailed, hasWritten, errors }: Task): boolean {
  return hasFailed && hasWritten && errors.every(({ code }) => CONFLICT_CODES.has(code));
}

function notDoneError({ code, message }: AlmaError): SyncError {
  // An id that no address can carry, which another attempt does not mend.
  if (code === "BAD_USER_INPUT") return { code: "INVALID", message };
  return { code: "NOT_DONE", message: `${message} Sending the same again is safe.` };
}

function failUnexpectedly(task: Task, error: unknown, { report, writer }: StepContext): void {
  report(error);
  // It may have come from anywhere, so that the record may have been written.
  task.hasWritten = !writer.dryRun;
  const state = writer.dryRun
    ? "before anything of this was written. Send the same again"
    : "and it is not known what of this was written. Look, or send the same again";
  const message = `Something unforeseen happened, ${state}; if it stays so, give the operator the request's id.`;
  task.fail({ code: writer.dryRun ? "NOT_DONE" : "OUTCOME_UNKNOWN", message });
}
