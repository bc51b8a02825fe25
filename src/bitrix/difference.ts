import { type Choice, draftFields, shows } from "../alma/index.ts";
import type { Memory } from "./find.ts";
import type { FileLink } from "./mapped.ts";
import type { Change, Task } from "./task.ts";
import type { Parents, Values } from "./writer.ts";

/** Where a record shows which record it belongs to. */
const SHOWN_IN: Readonly<Record<string, string>> = { rentalObject: "unitUsage" };

/** What has to be written so that a record is as its item says. */
export interface Difference {
  readonly values: Values;
  readonly parents: Parents;
  readonly changes: readonly Change[];
}

/** Everything that an item says of a record that Alma does not have yet. */
export function everything(task: Task, parents: Parents): Difference {
  const values = written(task, (value) => value !== null);
  return difference(task, values, parents);
}

/**
 * What an item says otherwise than the record shows. What the item leaves empty is cleared where Alma can clear it.
 * Of a file Alma does not tell which it is: one that is attached is left alone.
 */
export function differences(task: Task, parents: Parents, unshown: Memory<string>): Difference {
  const before = task.before ?? {};
  const values = written(
    task,
    (value, field) =>
      !shows(before, { [field]: value }) &&
      (value !== null || isCleared(task, field)) &&
      // Alma was given this before, and showed then what it shows now.
      unshown.get(`${task.entry?.key} ${field}`) !== fingerprint(value, before[field]),
  );
  const moved = Object.entries(parents).filter(
    ([field, id]) => id === "planned" || !shows(before, { [field]: id }),
  );
  return difference(task, values, Object.fromEntries(moved));
}

/** A value that Alma was given, and what it showed afterwards. */
export function fingerprint(given: unknown, shown: unknown): string {
  return JSON.stringify([given, shown ?? null]);
}

/** Whether what the item leaves empty is cleared. Files are not: somebody may have attached them in Alma itself. */
function isCleared({ kind }: Task, field: string): boolean {
  const { clearable = false, takes } = draftFields(kind).get(field) ?? {};
  return clearable && takes !== "photos" && takes !== "file";
}

/** Whether a record has nothing in a field: for files, which are not compared, that it still lacks them. */
export function lacks({ before }: Task, field: string): boolean {
  const shown = before?.[field];
  return shown == null || shown === "" || (Array.isArray(shown) && shown.length === 0);
}

/** Whether a value is a file, or files, that Alma is to be given by link. */
export function fileLinks(value: unknown): readonly FileLink[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((one): one is FileLink => typeof one === "object" && one !== null && "link" in one);
}

/** The values to write: those that `differs` finds so, and files by the ids that they were given. */
function written(task: Task, differs: (value: unknown, field: string) => boolean): Values {
  const values: Record<string, unknown> = {};
  for (const [field, { value }] of task.fields) {
    const file = task.files.get(field);
    // The record may have been given it by somebody else after this file was sent.
    if (file !== undefined) {
      if (lacks(task, field)) values[field] = file;
    } else if (fileLinks(value).length === 0 && !Array.isArray(value) && differs(value, field))
      values[field] = value;
  }
  return values;
}

function difference(task: Task, values: Values, parents: Parents): Difference {
  const before = task.before ?? {};
  const changes = Object.entries({ ...values, ...parents }).map(([field, after]) => ({
    field,
    before: task.files.has(field) ? null : display(before[SHOWN_IN[field] ?? field]),
    after: task.files.has(field) ? null : after,
  }));
  return { values, parents, changes };
}

/** A value of a record as an item would say it. */
function display(shown: unknown): unknown {
  if (typeof shown !== "object" || shown === null) return shown ?? null;
  if ("unitId" in shown) return shown.unitId;
  if ("id" in shown) return shown.id;
  return "value" in shown ? (shown as Choice).value : null;
}
