import type { Column } from "../column/column.ts";
import { equalsNumber } from "../column/condition.ts";
import type { Predicate } from "../column/predicate.ts";
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
  column: Column<number>,
  types: readonly [string, ...string[]],
  unitFirst = false,
): FilterField {
  return (input, argument, compilation) => {
    compilation.columns.add(column);
    const parsed = parseRefOrThrow(input as RefInput, argument, types);
    if ("id" in parsed.ref && parsed.types.length === types.length) {
      const { id } = parsed.ref;
      return equalsNumber(column, () => id);
    }
    const filterRef: FilterRef = { ...parsed, argument, ...(unitFirst && { unitFirst }), resolvedId: null };
    compilation.refs.push(filterRef);
    return equalsNumber(column, () => filterRef.resolvedId);
  };
}

/** A filter with an input type I of its own. `compile` makes conditions on these columns of the input. */
export function customFilter<I>(columns: readonly Column[], compile: (input: I) => Predicate): FilterField {
  return (input, _argument, compilation) => {
    for (const column of columns) compilation.columns.add(column);
    return compile(input as I);
  };
}
