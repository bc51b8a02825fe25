import type { Column, Row } from "./column.ts";
import { compileCondition, type Test } from "./condition.ts";
import { badInput } from "./errors.ts";
import type { Named } from "./ref.ts";

const MAX_DEPTH = 10;
const MAX_CONDITIONS = 1_000;

/**
 * A ref in a filter that only the catalog or Alma can turn into an Alma id. Whoever runs the filter sets `id`
 * before the first test; null, as it is at first, says that it names nothing, and no row points there.
 */
export interface RefAsk extends Named<string> {
  readonly argument: string;
  id: number | null;
}

/** A filter ready to run over many rows. */
export interface Filter {
  /** The fields that it reads, each once: they decide whether a list of Alma's is enough. */
  readonly needs: readonly string[];
  /** To be resolved before the first test. */
  readonly refs: readonly RefAsk[];
  readonly test: Test;
}

/** What gathers while a filter is compiled. */
export interface Compiling {
  readonly needs: Set<string>;
  readonly refs: RefAsk[];
  conditions: number;
}

/** A field of a filter input that is not a plain column: makes a test of the input. */
export type FilterField = (input: unknown, argument: string, compiling: Compiling, depth: number) => Test;

/** A filter input by its field names, without the `and`, `or` and `not` that a record's filter has beside them. */
export type FilterTable = Readonly<Record<string, Column | FilterField>>;

const always: Test = () => true;

function every(tests: readonly Test[]): Test {
  if (tests.length < 2) return tests[0] ?? always;
  return (row) => {
    for (const test of tests) if (!test(row)) return false;
    return true;
  };
}

function some(tests: readonly Test[]): Test {
  return (row) => {
    for (const test of tests) if (test(row)) return true;
    return false;
  };
}

/** The entries of an input object. An explicit null would read as "any" to one caller and as "none" to another. */
function entries(input: unknown, argument: string): [name: string, value: unknown, argument: string][] {
  return Object.entries(input as object).map(([name, value]) => {
    const path = `${argument}.${name}`;
    if (value !== null) return [name, value, path];
    throw badInput(
      path,
      "null is no condition; leave it out, or use isNull: true to find what has no value.",
    );
  });
}

function compileColumn(column: Column, input: unknown, argument: string, compiling: Compiling): Test {
  for (const field of column.needs) compiling.needs.add(field);
  if (typeof input === "boolean") {
    count(compiling, argument);
    return compileCondition(column, "eq", input);
  }
  return every(
    entries(input, argument).map(([name, operand, path]) => {
      count(compiling, path);
      return compileCondition(column, name, operand);
    }),
  );
}

function count(compiling: Compiling, argument: string): void {
  compiling.conditions += 1;
  if (compiling.conditions <= MAX_CONDITIONS) return;
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
  compiling: Compiling,
  depth: number,
): Test {
  if (depth > MAX_DEPTH) {
    throw badInput(argument, `the filter is more than ${MAX_DEPTH} levels deep; flatten it.`);
  }
  const inner = (value: unknown, path: string): Test =>
    compileGroup(table, value, path, compiling, depth + 1);
  const list = (value: unknown, path: string): Test[] =>
    (value as readonly unknown[]).map((one, index) => inner(one, `${path}.${index}`));
  return every(
    entries(input, argument).map(([name, value, path]) => {
      if (name === "and") return every(list(value, path));
      if (name === "or") return some(list(value, path));
      if (name === "not") {
        const test = inner(value, path);
        return (row: Row) => !test(row);
      }
      const field = table[name];
      if (field === undefined) throw new Error(`The schema offers the filter "${path}", which is not built.`);
      if (typeof field !== "function") return compileColumn(field, value, path, compiling);
      count(compiling, path);
      return field(value, path, compiling, depth + 1);
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
  const compiling: Compiling = { needs: new Set(), refs: [], conditions: 0 };
  const test =
    input === null || input === undefined ? always : compileGroup(table, input, "filter", compiling, 1);
  return { needs: [...compiling.needs], refs: compiling.refs, test };
}
