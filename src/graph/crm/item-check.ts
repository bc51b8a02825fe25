import { findImpossibleValues } from "../../alma/index.ts";
import type { ItemTask } from "../../bitrix/index.ts";
import { checkInput } from "../input/input-checks.ts";
import type { WriteSpecs } from "../write/write-spec.ts";

/**
 * Fails an item for the values that no record can have, as its create or update would, without Alma. Files are left
 * out: they are uploaded first.
 */
export function checkFields(specs: WriteSpecs) {
  return (task: ItemTask) => {
    const { kind } = task;
    const values = [...task.fields].filter(([, { value }]) => value != null && typeof value !== "object");
    const input = Object.fromEntries(values.map(([field, { value }]) => [field, value]));
    const failed = new Set<string>();
    const addError = (code: "INVALID", field: string, message: string) => {
      if (failed.has(field)) return;
      failed.add(field);
      const from = task.bitrixFieldOf(field);
      task.fail({ code, message, field: from });
    };
    checkInput(
      { addUserError: (_code, [, field], message) => addError("INVALID", String(field), message) },
      specs[kind].write,
      input,
    );
    for (const { message, path } of findImpossibleValues(kind, input))
      addError("INVALID", String(path[0]), message);
  };
}
