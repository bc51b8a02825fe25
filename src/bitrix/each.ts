import { AlmaError } from "../alma/index.ts";
import type { SyncError } from "./sync-error.ts";
import type { Task } from "./task.ts";

/** Writes of one step under way at once: their calls share Alma with everybody else's. */
const AT_ONCE = 16;

/** Does a step for each task, `atOnce` at a time. A task for which Alma cannot be asked fails, and the others go on. */
export async function each<T extends Task>(
  tasks: readonly T[],
  step: (task: T) => Promise<void>,
  atOnce = AT_ONCE,
): Promise<void> {
  const queue = tasks.values();
  const work = async () => {
    for (const task of queue) {
      try {
        await step(task);
      } catch (error) {
        if (!(error instanceof AlmaError)) throw error;
        task.fail(notDone(error));
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

function notDone({ code, message }: AlmaError): SyncError {
  // An id that no address can carry, which another attempt does not mend.
  if (code === "BAD_USER_INPUT") return { code: "INVALID", message };
  return { code: "NOT_DONE", message: `${message} Sending the same again is safe.` };
}
