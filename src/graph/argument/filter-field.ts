import type { Column } from "./column.ts";
import { compileGroup, type FilterField, type FilterRef, type FilterTable } from "./filter.ts";
import { parseRefOrThrow, type RefInput } from "./ref.ts";

/** A filter on an object inside the record, with columns of its own. */
export function nestedFilter(table: FilterTable): FilterField {
  return (input, argument, compilation, depth) => compileGroup(table, input, argument, compilation, depth);
}

/**
 * A filter on a relation: the column holds the Alma id of the related record, and the input is a `Ref` to one of the
 * types. `unitFirst`: a Bitrix id means the unit that has it, whichever room has it too.
 */
export function refFilter(
  column: Pick<Column<number>, "requiredFields" | "read">,
  types: readonly [string, ...string[]],
  unitFirst = false,
): FilterField {
  return (input, argument, compilation) => {
    for (const field of column.requiredFields) compilation.requiredFields.add(field);
    const parsed = parseRefOrThrow(input as RefInput, argument, types);
    if ("id" in parsed.ref && parsed.types.length === types.length) {
      const { id } = parsed.ref;
      return (row) => column.read(row) === id;
    }
    const filterRef: FilterRef = { ...parsed, argument, ...(unitFirst && { unitFirst }), resolvedId: null };
    compilation.refs.push(filterRef);
    return (row) => filterRef.resolvedId !== null && column.read(row) === filterRef.resolvedId;
  };
}

/**
 * A filter with an input type I of its own, on records of type T. `compile` is called once with the input, and the
 * result for every row.
 */
export function customFilter<T, I>(
  requiredFields: readonly (keyof T & string)[],
  compile: (input: I) => (value: Partial<T>) => boolean,
): FilterField {
  return (input, _argument, compilation) => {
    for (const field of requiredFields) compilation.requiredFields.add(field);
    const matches = compile(input as I);
    return (row) => matches(row.value as Partial<T>);
  };
}
