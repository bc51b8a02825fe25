import { AlmaError } from "../../../alma/index.ts";
import type { UserError } from "../../../graph/index.ts";
import type { ItemError } from "../item/mapped-item.ts";
import type { SyncContext } from "./context.ts";
import type { Task } from "./task.ts";

/**
 * The number of tasks of one step that run concurrently. Their calls share the concurrency limit of all calls to Alma.
 */
const CONCURRENCY = 16;

/** Where to report unexpected errors, and whether the step may have written before them. */
interface StepContext extends Pick<SyncContext, "report">, Partial<Pick<SyncContext, "meter">> {
  readonly writer: { readonly dryRun: boolean };
}

/**
 * Runs a step for each task, `concurrency` at a time. A task whose step throws fails, with NOT_DONE for an
 * AlmaError; the others continue, so that their writes are reported.
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
        await context.meter?.yieldToOthers();
        await (context.meter ? context.meter.charge("syncing the items", () => step(task)) : step(task));
      } catch (error) {
        if (error instanceof AlmaError) {
          task.fail(notDoneError(error));
          if (error.code !== "BAD_USER_INPUT") task.obstacle = error;
        } else failUnexpectedly(task, error, context);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, runWorker));
}

/** Refusals because another record has the days, the name or the e-mail address. */
const CONFLICT_CODES: ReadonlySet<UserError["code"]> = new Set(["OVERLAP", "NOT_UNIQUE"]);

/**
 * Runs a step for each task, one group after another. Tasks refused because of a conflict are repeated as long as each
 * round writes another task, which may have resolved the conflict.
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
    attempted.some(({ action }) => action === "CREATED" || action === "UPDATED")
  ) {
    for (const task of conflicting) task.reset();
    await forEachTask(conflicting, step, context);
    attempted = conflicting;
    conflicting = attempted.filter(hasFailedByConflict);
  }
}

/** Returns whether Alma refused the task's write only because of conflicts. */
function hasFailedByConflict({ hasFailed, wasSent, errors }: Task) {
  return hasFailed && wasSent && errors.every(({ code }) => CONFLICT_CODES.has(code));
}

function notDoneError({ code, message }: AlmaError): ItemError {
  // The Bitrix id is invalid in a URL path: repeating does not help.
  if (code === "BAD_USER_INPUT") return { code: "INVALID", message };
  return { code: "NOT_DONE", message: `${message} Sending the same again is safe.` };
}

function failUnexpectedly(task: Task, error: unknown, { report, writer }: StepContext) {
  report(error);
  // The step may have written the record before the error.
  task.wasSent = !writer.dryRun;
  const state = writer.dryRun
    ? "before any of this was written. Send the same again"
    : "and it is unknown how much of this was written. Check the record, or send the same again";
  const message = `An unexpected error occurred, ${state}; if it recurs, give the operator the request's id.`;
  task.fail({ code: writer.dryRun ? "NOT_DONE" : "OUTCOME_UNKNOWN", message });
}
