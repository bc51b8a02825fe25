import { findImpossibleValues } from "../../../alma/index.ts";
import { checkInput } from "../../../graph/index.ts";
import type { ItemTask } from "../task/task.ts";

/**
 * Fails an item for values that no record can have, as its create or update would, without calling Alma. Ignores files,
 * which are uploaded first.
 */
export function checkFields(task: ItemTask) {
  const { kind } = task;
  const values = [...task.fields].filter(([, { value }]) => value != null && typeof value !== "object");
  const input = Object.fromEntries(values.map(([field, { value }]) => [field, value]));
  const failed = new Set<string>();
  const addError = (name: string | number | undefined, message: string) => {
    const field = String(name);
    if (failed.has(field)) return;
    failed.add(field);
    task.fail({ code: "INVALID", message, field: task.bitrixFieldOf(field) });
  };
  checkInput({ kind, addUserError: (_code, [, field], message) => addError(field, message) }, input);
  for (const { message, path } of findImpossibleValues(kind, input)) addError(path[0], message);
}
