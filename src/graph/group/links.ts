import type { FilterLink } from "../argument/filter.ts";
import { linkedOnce, type OwnSource } from "../argument/filter-field.ts";
import type { Column } from "../scan/column.ts";
import { always } from "../scan/predicate.ts";
import type { FilterContext } from "../spec/connection-spec.ts";

/** Records of a kind that have to be known for what depends on them. */
interface KnownSource extends Omit<OwnSource, "compile"> {
  /** The fields of them that decide. */
  readonly columns: readonly Column[];
  /** The records on which they depend in turn. */
  readonly follow?: readonly FilterLink[];
}

/**
 * A link from rows, a number of which the column holds, to records that have to be known for what depends on them:
 * rows of which they are not are left out, and told. `key` names the records: they are read once in an operation.
 * `relation`: by which rows refer to them.
 */
export function needs(
  context: FilterContext,
  key: string,
  column: Column<number>,
  sources: readonly KnownSource[],
  relation?: string,
): FilterLink {
  const known = sources.map(
    ({ columns, follow = [], ...source }): OwnSource => ({
      ...source,
      compile: (compilation) => {
        for (const one of [...columns, ...follow.map((link) => link.column)]) compilation.columns.add(one);
        compilation.links.push(...follow);
        return always;
      },
    }),
  );
  return { column, linked: linkedOnce(context, `known ${key}`, known), relation };
}
