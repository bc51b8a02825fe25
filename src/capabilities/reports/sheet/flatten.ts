import { type Cell, type Column, type SheetRow, UNREADABLE } from "./table.ts";

/** The path of an error below a row, with list indexes. */
export type ErrorPath = readonly (string | number)[];

/** Returns the value at a path of objects; undefined or null if one of them is. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const key of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return value;
}

/**
 * Creates a function that creates table rows from an item of the answer: one row, or one per item of the list at
 * `expand`, at least one. `errors`: the errors within the item; a value that is null because of an error is unreadable.
 */
export function createFlatten(
  columns: readonly Column[],
  expand?: readonly string[],
): (item: unknown, errors?: readonly ErrorPath[]) => readonly SheetRow[] {
  const plans = columns.map(({ path, countPath }) => {
    const inner = expand?.every((key, index) => path[index] === key) === true;
    const ownPath = (whole: readonly string[]) => (inner ? whole.slice(expand?.length) : whole);
    return { path, inner, own: ownPath(path), count: countPath && ownPath(countPath) };
  });
  return (item, errors) => {
    const list = expand && valueAt(item, expand);
    const inners: readonly unknown[] = Array.isArray(list) && list.length > 0 ? list : [undefined];
    return inners.map((innerItem, position) =>
      plans.map(({ path, inner, own, count }) => {
        const row = inner ? innerItem : item;
        if (count && valueAt(row, count) === 0) return null;
        const value = valueAt(row, own);
        if (value == null)
          return errors?.some((error) => concerns(error, path, expand, position)) ? UNREADABLE : null;
        return typeof value === "object" ? printNested(value) : (value as Cell);
      }),
    );
  };
}

/** Returns whether an error made a column's value null: its path is the value's or a parent's. */
function concerns(
  error: ErrorPath,
  path: readonly string[],
  expand: readonly string[] | undefined,
  position: number,
) {
  let column = 0;
  for (const key of error) {
    if (typeof key === "number") {
      // Below `expand`, indexes distinguish the items.
      if (column === expand?.length && key !== position) return false;
      continue;
    }
    if (path[column] !== key) return false;
    column += 1;
  }
  return true;
}

/** Prints a list of values, or a value of the scalar `JSON`, in one cell. */
function printNested(value: object) {
  const isPlainList = Array.isArray(value) && value.every((item) => typeof item !== "object");
  return isPlainList ? value.join(", ") : JSON.stringify(value);
}
