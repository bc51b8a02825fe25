import type { Kind } from "../../catalog/index.ts";
import {
  type Column,
  createColumnFactories,
  type FieldWith,
  foldCase,
  type ScannedRow,
  textOrdering,
} from "../scan/column.ts";
import { compileCondition, equalsNumber, isAmongIds } from "../scan/condition.ts";
import { allOf, always, anyOf, not, type Predicate } from "../scan/predicate.ts";
import { badInput } from "./bad-input.ts";
import { memoized } from "./memoized.ts";
import { type ParsedRef, parseRefOrThrow, type RefInput } from "./ref.ts";

/** Creates a filter on an object inside the record, which has its own columns. */
export function nestedFilter(table: FilterTable): FilterField {
  return (input, argument, compilation, depth) => compileGroup(table, input, argument, compilation, depth);
}

/**
 * Creates a filter on a relation, with a `Ref` as input. The column holds the Alma id of the related record.
 * With `unitFirst`, a Bitrix id means the unit even if a room has it too.
 */
export function refFilter(
  column: Column<number>,
  types: readonly string[],
  unitFirst?: boolean,
): FilterField {
  return (input, argument, compilation) => {
    compilation.columns.add(column);
    const parsed = parseRefOrThrow(input as RefInput, argument, types);
    const { ref } = parsed;
    const resolvedId = "id" in ref && parsed.types.length === types.length ? ref.id : null;
    const filterRef: FilterRef = { ...parsed, argument, unitFirst, resolvedId };
    compilation.refs.push(filterRef);
    return equalsNumber(column, () => filterRef.resolvedId);
  };
}

/** Creates a filter with its own input type. `compile` builds conditions on these columns. */
export function customFilter<I>(columns: readonly Column[], compile: (input: I) => Predicate): FilterField {
  return (input, _argument, compilation) => {
    for (const column of columns) compilation.columns.add(column);
    return compile(input as I);
  };
}

/** The kinds of records that a link leads to, with the filter of each. */
export interface LinkedFilters {
  readonly kinds: readonly Kind[];
  readonly filters: (kind: Kind) => FilterTable;
}

/**
 * Creates a filter on the records that rows refer to by `relation`; the column contains their ids. With `field`, the
 * input is for this one field of their filter.
 */
export function linkFilter(
  column: Column<number>,
  relation: string,
  { kinds, filters }: LinkedFilters,
  field?: string,
): FilterField {
  return (input, argument, compilation, depth) => {
    const compileSource = (kind: Kind, index: number) => {
      const table = filters(kind);
      // Count the input once, even if it is compiled for several kinds.
      const size = index === 0 ? compilation.size : undefined;
      const compileInner = (inner: FilterCompilation) =>
        field === undefined
          ? compileGroup(table, input, argument, inner, depth)
          : (table[field] as FilterField)(input, argument, inner, depth);
      const filter = compileWith(compileInner, compilation.refusesNull, size);
      return { kind, filter };
    };
    return isLinked(compilation, column, { sources: kinds.map(compileSource), ids: new Set() }, relation);
  };
}

/** Creates the condition that a number of a row is among the linked ids. */
export function isLinked(
  compilation: Pick<FilterCompilation, "columns" | "links">,
  column: Column<number>,
  linked: LinkedIds,
  relation?: string,
): Predicate {
  compilation.columns.add(column);
  compilation.links.push({ column, linked, relation });
  return isAmongIds(column, () => linked.ids);
}

/** Records of one kind that supply ids; `compile` makes the condition on them. */
export interface OwnSource extends Omit<LinkedSource, "filter"> {
  readonly compile: (compilation: FilterCompilation) => Predicate;
}

/** Creates a link with conditions defined by the gateway, shared by all filters of an operation. */
export function createSharedLink(
  { memo }: { readonly memo: Map<unknown, unknown> },
  key: string,
  sources: readonly OwnSource[],
): LinkedIds {
  return memoized(memo, key, () => ({
    sources: sources.map(({ compile, ...source }) => ({ ...source, filter: compileWith(compile) })),
    ids: new Set(),
  }));
}

/** The maximum number of words in one search. */
const MAX_WORDS = 50;

/**
 * Creates a text search: each word must occur in one of these fields, ignoring case. A blank text selects everything.
 * The texts are cached case-folded, in one column. Throws BAD_USER_INPUT for too many words.
 */
export function textSearch<T>(...fields: readonly FieldWith<T, string>[]): FilterField {
  const text = createColumnFactories<T>().text;
  const columns = fields.map((field) => text(field));
  const column: Column<string> = {
    key: "search",
    requiredFields: fields,
    comparison: textOrdering,
    // Words contain no line feed.
    read: (row: ScannedRow) => columns.map((one) => foldCase(one.read(row) ?? "")).join("\n"),
  };
  return (input, argument, compilation) => {
    compilation.columns.add(column);
    const words = foldCase(input as string)
      .split(/\s+/u)
      .filter((word) => word !== "");
    if (words.length > MAX_WORDS)
      throw badInput(
        argument,
        `${words.length} words are too many to search for; give ${MAX_WORDS} at most.`,
      );
    compilation.conditionCount += words.length;
    return (block, mask) => {
      const values = block.values(column) as readonly string[];
      for (let index = 0; index < mask.length; index++) {
        if (mask[index] === 0) continue;
        const value = values[index] as string;
        if (!words.every((word) => value.includes(word))) mask[index] = 0;
      }
    };
  };
}

const MAX_DEPTH = 10;
const MAX_CONDITIONS = 1_000;
/** The maximum number of values in the lists of one filter. A single list may have a lower limit. */
const MAX_VALUES = 100_000;
/** The maximum number of characters in the texts of one filter. */
const MAX_CHARACTERS = 1_000_000;

/**
 * A ref in a filter. The caller of `compileFilter` sets `resolvedId` to an Alma id before it tests rows, unless the ref
 * has one already. Null: the ref refers to no record, so no row matches.
 */
export interface FilterRef extends ParsedRef {
  readonly argument: string;
  /** Whether a Bitrix id means the unit even if a room has it too. */
  readonly unitFirst?: boolean;
  resolvedId: number | null;
}

/**
 * Ids found by a filter on other records. The caller of `compileFilter` adds them to `ids` before it tests
 * rows.
 */
export interface LinkedIds {
  readonly sources: readonly LinkedSource[];
  readonly ids: Set<number>;
}

/** Records of one kind that supply ids. */
export interface LinkedSource {
  readonly kind: Kind;
  readonly filter: Filter;
  /** The relation by which they refer to the ids, and its column. Undefined: the ids are the records' own. */
  readonly reference?: { readonly relation: string; readonly column: Column<number> };
}

/** A condition on records that rows refer to, or that refer to rows: a number of the row is among the ids. */
export interface FilterLink {
  readonly column: Column<number>;
  readonly linked: LinkedIds;
  /** The relation by which rows refer to the records. Undefined: the records refer to rows. */
  readonly relation?: string;
}

/** A compiled filter. */
export interface Filter {
  /** The fields that the filter reads. They decide whether Alma's list suffices. */
  readonly requiredFields: readonly string[];
  readonly columns: ReadonlySet<Column>;
  /** Refs to resolve before the first row is tested. */
  readonly refs: readonly FilterRef[];
  /** Links to follow before the first row is tested. */
  readonly links: readonly FilterLink[];
  /** The maximum number of conditions tested for one row. */
  readonly conditionCount: number;
  readonly predicate: Predicate;
}

/** State shared by all parts of a filter while it is compiled. */
export interface FilterCompilation {
  readonly columns: Set<Column>;
  readonly refs: FilterRef[];
  readonly links: FilterLink[];
  conditionCount: number;
  readonly size: FilterSize;
  /** Whether an explicit null is refused, as inside `or` and `not`. Elsewhere null counts as omitted. */
  refusesNull: boolean;
}

/** The number of conditions, list values and characters in a filter. */
interface FilterSize {
  conditions: number;
  values: number;
  characters: number;
}

/** Compiles a field of a filter input that is not a plain column. `argument` is its path, `depth` its nesting level. */
export type FilterField = (
  input: unknown,
  argument: string,
  compilation: FilterCompilation,
  depth: number,
) => Predicate;

/** The fields of a filter input, without `and`, `or` and `not`. */
export type FilterTable = Readonly<Record<string, Column | FilterField>>;

/**
 * Returns the fields of an input object with their paths. Nulls are omitted, since optional variables may be unset;
 * inside `or` and `not` they are refused, since a missing condition would select everything or nothing.
 */
function inputEntries(
  input: unknown,
  argument: string,
  { refusesNull }: FilterCompilation,
): [name: string, value: unknown, argument: string][] {
  return Object.entries(input as object).flatMap(([name, value]) => {
    const path = `${argument}.${name}`;
    if (value !== null) return [[name, value, path]];
    if (!refusesNull) return [];
    throw badInput(
      path,
      "null is not a condition inside `or` and `not`; leave it out, or use isNull: true to find what has no value.",
    );
  });
}

/** Compiles the content of `or` or `not`. */
function refusingNull<T>(compilation: FilterCompilation, compile: () => T) {
  const { refusesNull } = compilation;
  compilation.refusesNull = true;
  const compiled = compile();
  compilation.refusesNull = refusesNull;
  return compiled;
}

function compileColumn(column: Column, input: unknown, argument: string, compilation: FilterCompilation) {
  const entries: ReturnType<typeof inputEntries> =
    typeof input === "boolean" ? [["eq", input, argument]] : inputEntries(input, argument, compilation);
  const ignoresCase = entries.some(([name, value]) => name === "ignoreCase" && value === true);
  const conditions = entries.filter(([name]) => name !== "ignoreCase");
  if (conditions.length > 0) compilation.columns.add(column);
  return allOf(
    conditions.map(([name, operand, path]) => {
      countCondition(compilation, operand, path);
      return compileCondition(column, name, operand, ignoresCase);
    }),
  );
}

/** Counts a condition and its operand before it is compiled, since one variable may be used in many conditions. */
function countCondition(compilation: FilterCompilation, operand: unknown, argument: string) {
  const { size } = compilation;
  compilation.conditionCount += 1;
  size.conditions += 1;
  if (size.conditions > MAX_CONDITIONS)
    throw badInput(
      argument,
      `the filter has more than ${MAX_CONDITIONS} conditions; use in: [...] for many values.`,
    );
  const values: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  size.values += values.length;
  if (size.values > MAX_VALUES)
    throw badInput(
      argument,
      `the filter's conditions have more than ${MAX_VALUES} values; do not repeat long lists.`,
    );
  for (const value of values) if (typeof value === "string") size.characters += value.length;
  if (size.characters > MAX_CHARACTERS)
    throw badInput(
      argument,
      `the filter's conditions have texts of more than ${MAX_CHARACTERS} characters; give shorter ones.`,
    );
}

/** Compiles a filter input at a level, counted from 1. Throws BAD_USER_INPUT. */
function compileGroup(
  table: FilterTable,
  input: unknown,
  argument: string,
  compilation: FilterCompilation,
  depth: number,
): Predicate {
  if (depth > MAX_DEPTH) {
    throw badInput(argument, `the filter is more than ${MAX_DEPTH} levels deep; flatten it.`);
  }
  const compileInner = (value: unknown, path: string) =>
    compileGroup(table, value, path, compilation, depth + 1);
  const compileList = (value: unknown, path: string) =>
    (value as readonly unknown[]).map((item, index) => compileInner(item, `${path}.${index}`));
  return allOf(
    inputEntries(input, argument, compilation).map(([name, value, path]) => {
      if (name === "and") return allOf(compileList(value, path));
      if (name === "or") return anyOf(refusingNull(compilation, () => compileList(value, path)));
      if (name === "not") return not(refusingNull(compilation, () => compileInner(value, path)));
      const field = table[name];
      if (field === undefined)
        throw new Error(`The schema offers the filter "${path}", which is not implemented.`);
      if (typeof field !== "function") return compileColumn(field, value, path, compilation);
      countCondition(compilation, value, path);
      return field(value, path, compilation, depth + 1);
    }),
  );
}

/**
 * Compiles a coerced `filter` argument. Null and undefined match every row. All fields of an object must match; a null
 * field counts as omitted. `and: []` and `{}` match every row, `or: []` and `in: []` none. Unlike in SQL, a condition
 * on a missing value is true or false, so that every row matches either a filter or its `not`. Throws BAD_USER_INPUT
 * with the path for a null inside `or` or `not`, a malformed ref, or more than 1,000 conditions, 10 levels, 100,000
 * list values or 1,000,000 characters.
 */
export function compileFilter(
  table: FilterTable,
  input: object | null | undefined,
  argument = "filter",
): Filter {
  return compileWith((compilation) =>
    input == null ? always : compileGroup(table, input, argument, compilation, 1),
  );
}

/** Creates a filter from the condition that `compile` returns. */
export function compileWith(
  compile: (compilation: FilterCompilation) => Predicate,
  refusesNull = false,
  size: FilterSize = { conditions: 0, values: 0, characters: 0 },
): Filter {
  const compilation: FilterCompilation = {
    columns: new Set(),
    refs: [],
    links: [],
    conditionCount: 0,
    size,
    refusesNull,
  };
  const predicate = compile(compilation);
  const { columns, refs, links, conditionCount } = compilation;
  const requiredFields = new Set([...columns].flatMap((column) => column.requiredFields));
  return { requiredFields: [...requiredFields], columns, refs, links, conditionCount, predicate };
}
