import type { Kind } from "../../catalog/index.ts";
import {
  compileWith,
  type Filter,
  type FilterCompilation,
  type FilterLink,
  type LinkedSource,
} from "../argument/filter.ts";
import type { Column } from "../scan/column.ts";
import { IdSet } from "../scan/id-set.ts";
import { always, type Predicate } from "../scan/predicate.ts";
import type { FilterContext } from "../spec/connection-spec.ts";

/** A condition of ours, to which the limits of a caller's filter do not apply. */
export function compileOwn(compile: (compilation: FilterCompilation) => Predicate): Filter {
  return compileWith({ size: { conditions: 0, values: 0, characters: 0 }, refusesNull: false }, compile);
}

/** Records of a kind that have to be known for what depends on them. */
interface KnownSource {
  readonly kind: Kind;
  /** The fields of them that decide. */
  readonly columns: readonly Column[];
  /** How they refer to rows; undefined if rows refer to them. */
  readonly reference?: NonNullable<LinkedSource["reference"]>;
  /** The records on which they depend in turn. */
  readonly follow?: readonly FilterLink[];
}

/**
 * A link from rows, a number of which the column holds, to records that have to be known for what depends on them:
 * rows of which they are not are left out, and told. `key` names the records: they are read once in an operation.
 * `relation`: by which rows refer to them.
 */
export function needs(
  { memo }: FilterContext,
  key: string,
  column: Column<number>,
  sources: () => readonly KnownSource[],
  relation?: string,
): FilterLink {
  const name = `known ${key}`;
  let linked = memo.get(name) as FilterLink["linked"] | undefined;
  if (!linked) {
    linked = {
      sources: sources().map(
        ({ kind, columns, reference, follow = [] }): LinkedSource => ({
          kind,
          ...(reference && { reference }),
          filter: compileOwn((compilation) => {
            for (const one of columns) compilation.columns.add(one);
            compilation.links.push(...follow);
            for (const link of follow) compilation.columns.add(link.column as Column);
            return always;
          }),
        }),
      ),
      ids: new IdSet(),
    };
    memo.set(name, linked);
  }
  return { column, linked, ...(relation !== undefined && { relation }) };
}
