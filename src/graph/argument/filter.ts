import { badInput } from "./bad-input.ts";
import type { Column, Row } from "./column.ts";
import { compileCondition, type RowPredicate } from "./condition.ts";
import type { ParsedRef } from "./ref.ts";

const MAX_DEPTH = 10;
const MAX_CONDITIONS = 1_000;

/**
 * A ref in a filter that only the catalog or Alma can turn into an Alma id. Whoever runs the filter sets `id` before
 * the first test; null, as it is at first, says that it names nothing, and no row points there.
 */
export interface FilterRef extends ParsedRef<string> {
  readonly argument: string;
  resolvedId: number | null;
}

/** A filter ready to run over many rows. */
export interface Filter {
  /** The fields that it reads, each once: they decide whether a list of Alma's is enough. */
  readonly requiredFields: readonly string[];
  /** To be resolved before the first test. */
  readonly refs: readonly FilterRef[];
  readonly predicate: RowPredicate;
}

/** What gathers while a filter is compiled. */
export interface FilterCompilation {
  readonly requiredFields: Set<string>;
  readonly refs: FilterRef[];
  conditionCount: number;
}

/** A field of a filter input that is not a plain column: makes a test of the input. */
export type FilterField = (
  input: unknown,
  argument: string,
  compilation: FilterCompilation,
  depth: number,
) => RowPredicate;

/** A filter input by its field names, without the `and`, `or` and `not` that a record's filter has beside them. */
export type FilterTable = Readonly<Record<string, Column | FilterField>>;

const always: RowPredicate = () => true;

function allOf(predicates: readonly RowPredicate[]): RowPredicate {
  if (predicates.length < 2) return predicates[0] ?? always;
  return (row) => {
    for (const predicate of predicates) if (!predicate(row)) return false;
    return true;
  };
}

function anyOf(predicates: readonly RowPredicate[]): RowPredicate {
  return (row) => {
    for (const predicate of predicates) if (predicate(row)) return true;
    return false;
  };
}

/** The entries of an input object. An explicit null would read as "any" to one caller and as "none" to another. */
function inputEntries(input: unknown, argument: string): [name: string, value: unknown, argument: string][] {
  return Object.entries(input as object).map(([name, value]) => {
    const path = `${argument}.${name}`;
    if (value !== null) return [name, value, path];
    throw badInput(
      path,
      "null is no condition; leave it out, or use isNull: true to find what has no value.",
    );
  });
}

function compileColumn(
  column: Column,
  input: unknown,
  argument: string,
  compilation: FilterCompilation,
): RowPredicate {
  for (const field of column.requiredFields) compilation.requiredFields.add(field);
  if (typeof input === "boolean") {
    countCondition(compilation, argument);
    return compileCondition(column, "eq", input);
  }
  return allOf(
    inputEntries(input, argument).map(([name, operand, path]) => {
      countCondition(compilation, path);
      return compileCondition(column, name, operand);
    }),
  );
}

function countCondition(compilation: FilterCompilation, argument: string): void {
  compilation.conditionCount += 1;
  if (compilation.conditionCount <= MAX_CONDITIONS) return;
  throw badInput(
    argument,
    `the filter has more than ${MAX_CONDITIONS} conditions; use in: [...] for many values.`,
  );
}

/** The inside of `compileFilter`, for a filter within a filter. */
export function compileGroup(
  table: FilterTable,
  input: unknown,
  argument: string,
  compilation: FilterCompilation,
  depth: number,
): RowPredicate {
  if (depth > MAX_DEPTH) {
    throw badInput(argument, `the filter is more than ${MAX_DEPTH} levels deep; flatten it.`);
  }
  const compileInner = (value: unknown, path: string): RowPredicate =>
    compileGroup(table, value, path, compilation, depth + 1);
  const compileList = (value: unknown, path: string): RowPredicate[] =>
    (value as readonly unknown[]).map((item, index) => compileInner(item, `${path}.${index}`));
  return allOf(
    inputEntries(input, argument).map(([name, value, path]) => {
      if (name === "and") return allOf(compileList(value, path));
      if (name === "or") return anyOf(compileList(value, path));
      if (name === "not") {
        const predicate = compileInner(value, path);
        return (row: Row) => !predicate(row);
      }
      const field = table[name];
      if (field === undefined) throw new Error(`The schema offers the filter "${path}", which is not built.`);
      if (typeof field !== "function") return compileColumn(field, value, path, compilation);
      countCondition(compilation, path);
      return field(value, path, compilation, depth + 1);
    }),
  );
}

/**
 * Makes a filter of a `filter` argument as GraphQL coerced it; null or nothing keeps every row. Fields side by side
 * must all hold, `and: []` and `{}` hold always, `or: []` and `in: []` never. There is no "unknown" as in SQL: a
 * condition on a missing value is true or false, so a row passes either a filter or its `not`. Throws BAD_USER_INPUT
 * with the path of what is wrong: a null, a malformed ref, more than 1,000 conditions, more than 10 levels.
 */
export function compileFilter(table: FilterTable, input: object | null | undefined): Filter {
  const compilation: FilterCompilation = { requiredFields: new Set(), refs: [], conditionCount: 0 };
  const predicate =
    input === null || input === undefined ? always : compileGroup(table, input, "filter", compilation, 1);
  return { requiredFields: [...compilation.requiredFields], refs: compilation.refs, predicate };
}
