import type { Column } from "./column.ts";
import { compileGroup, type FilterField, type FilterTable, type RefAsk } from "./filter.ts";
import { type RefInput, requestRef } from "./ref.ts";

/** A filter on a part of the record: its fields are columns of their own. */
export function nested(table: FilterTable): FilterField {
  return (input, argument, compiling, depth) => compileGroup(table, input, argument, compiling, depth);
}

/** A filter on the record that the column points to by its Alma id: the input is a `Ref` to one of the types. */
export function ref(
  column: Pick<Column<number>, "needs" | "read">,
  ...types: [string, ...string[]]
): FilterField {
  return (input, argument, compiling) => {
    for (const field of column.needs) compiling.needs.add(field);
    const named = requestRef(input as RefInput, argument, types);
    if ("id" in named.ref && named.types.length === types.length) {
      const { id } = named.ref;
      return (row) => column.read(row) === id;
    }
    const ask: RefAsk = { ...named, argument, id: null };
    compiling.refs.push(ask);
    return (row) => ask.id !== null && column.read(row) === ask.id;
  };
}

/**
 * A filter of another kind: `compile` is called once with the input, and its result for every row. T is the record,
 * I the input's type as the schema has it.
 */
export function custom<T, I>(
  needs: readonly (keyof T & string)[],
  compile: (input: I) => (value: Partial<T>) => boolean,
): FilterField {
  return (input, _argument, compiling) => {
    for (const field of needs) compiling.needs.add(field);
    const holds = compile(input as I);
    return (row) => holds(row.value as Partial<T>);
  };
}
