import { isCompositeType, isEnumType } from "graphql";
import type { Column, ColumnType } from "../sheet/table.ts";
import type { SelectedField } from "./selected-fields.ts";

const types: Readonly<Record<string, ColumnType | undefined>> = {
  Int: "integer",
  Float: "number",
  Decimal: "decimal",
  Date: "date",
  DateTime: "moment",
  Boolean: "boolean",
};

/** What the values of a column are, by the name of their type in the graph. */
export const columnTypeOf = (name: string): ColumnType => types[name] ?? "text";

/**
 * The leaves below the items of a list as columns, titled by their paths, in the order of the document; and the
 * response paths of the lists in them that no cell can hold. The list at `expand` is none of these.
 */
export function selectColumns(row: SelectedField, expand: readonly string[] = []) {
  const columns: Column[] = [];
  const lists: string[] = [];
  const add = (field: SelectedField, path: readonly string[]) => {
    const title = path.join(".");
    if (!isCompositeType(field.type)) {
      const type = field.isList ? "text" : columnTypeOf(field.type.name);
      const holds = isEnumType(field.type) ? "code" : field.type.name === "ID" ? "id" : undefined;
      columns.push({ path, title, type, holds });
    } else if (field.isList && title !== expand.join(".")) lists.push(title);
    else for (const inner of field.fields.values()) add(inner, [...path, inner.key]);
  };
  for (const field of row.fields.values()) add(field, [field.key]);
  return { columns, lists };
}

/** The path of a column, with points. */
export const pathOf = ({ path }: Column): string => path.join(".");

/** Where the column of a path is; -1 if there is none. */
export const indexOfPath = (columns: readonly Column[], path: string): number =>
  columns.findIndex((column) => pathOf(column) === path);

/** The response paths of the lists of objects that are in no other list. */
export function outermostLists(fields: ReadonlyMap<string, SelectedField>, before = ""): string[] {
  return [...fields.values()].flatMap((field) => {
    const path = before + field.key;
    if (!isCompositeType(field.type)) return [];
    return field.isList ? [path] : outermostLists(field.fields, `${path}.`);
  });
}
