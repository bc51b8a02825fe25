import { badInput } from "./bad-input.ts";
import type { Column, Row } from "./column.ts";
import { compileCondition, type RowPredicate } from "./condition.ts";
import type { ParsedRef } from "./ref.ts";

const MAX_DEPTH = 10;
const MAX_CONDITIONS = 1_000;

/**
 * A ref in a filter that must be looked up. The caller of `compileFilter` sets `resolvedId`, an Alma id, before it
 * tests any row. Null means that the ref names no record: no row matches it.
 */
export interface FilterRef extends ParsedRef<string> {
  readonly argument: string;
  resolvedId: number | null;
}

/** A compiled filter. */
export interface Filter {
  /** The fields that the filter reads, each once: they decide whether Alma's list is enough. */
  readonly requiredFields: readonly string[];
  /** Refs to resolve before the first row is tested. */
  readonly refs: readonly FilterRef[];
  readonly predicate: RowPredicate;
}

/** What the parts of a filter collect while it is compiled. */
export interface FilterCompilation {
  readonly requiredFields: Set<string>;
  readonly refs: FilterRef[];
  conditionCount: number;
}

/** Compiles a field of a filter input that is not a plain column. `argument` is its path, `depth` its nesting level. */
export type FilterField = (
  input: unknown,
  argument: string,
  compilation: FilterCompilation,
  depth: number,
) => RowPredicate;

/** The fields of a filter input, without `and`, `or` and `not`. */
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

/** The fields of an input object, with their paths. An explicit null is refused: it could mean "any" or "none". */
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

/** Compiles a filter input at a nesting level, counted from 1. Throws BAD_USER_INPUT. */
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
      if (field === undefined)
        throw new Error(`The schema offers the filter "${path}", which is not implemented.`);
      if (typeof field !== "function") return compileColumn(field, value, path, compilation);
      countCondition(compilation, path);
      return field(value, path, compilation, depth + 1);
    }),
  );
}

/**
 * Compiles a `filter` argument, as GraphQL has coerced it; null or undefined matches every row. All fields of an object
 * must match. `and: []` and `{}` match every row, `or: []` and `in: []` none. There is no "unknown" as in SQL: a
 * condition on a missing value is true or false, so that every row matches either a filter or its `not`. Throws
 * BAD_USER_INPUT, with the path, for a null, a malformed ref, more than 1,000 conditions or more than 10 levels.
 */
export function compileFilter(table: FilterTable, input: object | null | undefined): Filter {
  const compilation: FilterCompilation = { requiredFields: new Set(), refs: [], conditionCount: 0 };
  const predicate =
    input === null || input === undefined ? always : compileGroup(table, input, "filter", compilation, 1);
  return { requiredFields: [...compilation.requiredFields], refs: compilation.refs, predicate };
}
