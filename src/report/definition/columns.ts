import { type GraphQLNamedType, isCompositeType, isEnumType } from "graphql";
import type { Column, ColumnType } from "../sheet/table.ts";
import type { SelectedField } from "./selected-fields.ts";

const types: Readonly<Record<string, ColumnType>> = {
  Int: "integer",
  Float: "number",
  Decimal: "decimal",
  Date: "date",
  DateTime: "moment",
  Boolean: "boolean",
};

/** The columns that rows have, titled by their paths, and the lists in them that no cell can hold. */
interface SelectedColumns {
  readonly columns: readonly Column[];
  /** Response paths from a row. */
  readonly lists: readonly string[];
}

/** The leaves below the items of a list, in the order of the document. The list at `expand` is none of `lists`. */
export function selectColumns(row: SelectedField, expand: readonly string[] = []): SelectedColumns {
  const columns: Column[] = [];
  const lists: string[] = [];
  const add = (field: SelectedField, path: readonly string[]): void => {
    const title = path.join(".");
    if (!isCompositeType(field.type)) {
      const type = field.isList ? "text" : (types[field.type.name] ?? "text");
      columns.push({ path, title, type, ...holdsOf(field.type) });
      return;
    }
    if (field.isList && title !== expand.join(".")) lists.push(title);
    else for (const inner of field.fields.values()) add(inner, [...path, inner.key]);
  };
  for (const field of row.fields.values()) add(field, [field.key]);
  return { columns, lists };
}

function holdsOf(type: GraphQLNamedType): Pick<Column, "holds"> {
  if (isEnumType(type)) return { holds: "code" };
  return type.name === "ID" ? { holds: "id" } : {};
}

/** The response paths of the lists of objects that are in no other list. */
export function outermostLists(
  fields: ReadonlyMap<string, SelectedField>,
  path: readonly string[] = [],
): string[][] {
  return [...fields.values()].flatMap((field) => {
    const own = [...path, field.key];
    if (!isCompositeType(field.type)) return [];
    return field.isList ? [own] : outermostLists(field.fields, own);
  });
}
