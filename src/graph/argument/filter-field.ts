import type { Kind } from "../../catalog/index.ts";
import type { Column } from "../scan/column.ts";
import { equalsNumber, IdSet, isAmongIds } from "../scan/condition.ts";
import type { Predicate } from "../scan/predicate.ts";
import {
  compileGroup,
  compileWith,
  type FilterCompilation,
  type FilterField,
  type FilterRef,
  type FilterTable,
  type LinkedIds,
  type LinkedSource,
} from "./filter.ts";
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

/** A filter with an input type I of its own. `compile` makes conditions on these columns of the input. */
export function customFilter<I>(columns: readonly Column[], compile: (input: I) => Predicate): FilterField {
  return (input, _argument, compilation) => {
    for (const column of columns) compilation.columns.add(column);
    return compile(input as I);
  };
}

/** The records to which a link leads: their kinds, and the filter of each. */
export interface LinkTarget {
  readonly kinds: readonly Kind[];
  readonly filters: (kind: Kind) => FilterTable;
}

/**
 * A filter on the records that rows refer to by `relation`; the column holds their ids. `field`: the one field of the
 * target's filter that the input is for, if it is not for the whole filter.
 */
export function linkFilter(
  column: Column<number>,
  relation: string,
  { kinds, filters }: LinkTarget,
  field?: string,
): FilterField {
  return (input, argument, compilation, depth) => {
    const compileSource = (kind: Kind, index: number) => {
      const table = filters(kind);
      // The input counts once, for whatever number of kinds it is compiled.
      const size = index === 0 ? compilation.size : undefined;
      const compileInner = (inner: FilterCompilation) =>
        field === undefined
          ? compileGroup(table, input, argument, inner, depth)
          : (table[field] as FilterField)(input, argument, inner, depth);
      const filter = compileWith(compileInner, compilation.refusesNull, size);
      return { kind, filter };
    };
    return isLinked(compilation, column, { sources: kinds.map(compileSource), ids: new IdSet() }, relation);
  };
}

/** The condition that a number of a row is among linked ids. `relation`: by which rows refer to the records. */
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

/** The records of one kind by which ids are found, of which `compile` says which count. */
export interface OwnSource extends Omit<LinkedSource, "filter"> {
  readonly compile: (compilation: FilterCompilation) => Predicate;
}

/** Ids found by conditions of ours, which all filters of an operation share. */
export function linkedOnce(
  { memo }: { readonly memo: Map<unknown, unknown> },
  key: string,
  sources: readonly OwnSource[],
): LinkedIds {
  const linked = (memo.get(key) as LinkedIds | undefined) ?? {
    sources: sources.map(({ compile, ...source }) => ({ ...source, filter: compileWith(compile) })),
    ids: new IdSet(),
  };
  memo.set(key, linked);
  return linked;
}
