import type { Kind } from "../../catalog/index.ts";
import { createSharedLink, type FilterLink, type OwnSource } from "../argument/filter.ts";
import { clientId, endDate, startDate, unitId } from "../letting/contract-state.ts";
import type { FilterContext, GroupContext, GroupKey } from "../resolver/connection-spec.ts";
import { type Column, numberOrdering, type ScannedRow } from "../scan/column.ts";
import { always } from "../scan/predicate.ts";

/** Records of a kind that must be known to decide about other records. */
interface KnownSource extends Omit<OwnSource, "compile"> {
  readonly columns: readonly Column[];
  /** The records that these depend on. */
  readonly follow?: readonly FilterLink[];
}

/**
 * Links rows, by a column of ids, to records that must be known. Rows whose records are unknown are left out and
 * reported. `key` identifies the records, which are read once per operation. `relation`: the relation by which rows
 * refer to them.
 */
export function requireLinks(
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
  return { column, linked: createSharedLink(context, `known ${key}`, known), relation };
}

type ColumnKey = Extract<GroupKey, { flags?: undefined }>;

/** Creates a key that is a value of the record. */
export function valueKey(
  field: string,
  column: Column<string> | Column<number> | Column<boolean>,
): ColumnKey {
  const { comparison } = column;
  return { field, column, comparison };
}

/** Creates a key that is a day, week, month or another unit. */
export function dayKey(field: string, column: Column<string>): ColumnKey {
  return { ...valueKey(field, column), isDay: true };
}

/** A column of ids, or the one for each kind. */
type IdColumn = Column<number> | ((kind: Kind) => Column<number>);

/** Creates a key that is a related record of one of these kinds. */
export function linkKey(field: string, links: readonly [Kind, ...Kind[]], column: IdColumn): ColumnKey {
  return { field, links, column, comparison: numberOrdering };
}

/** Creates a key that is the owner of a unit on the day. The column holds the unit id. */
export function ownerKey(column: IdColumn): ColumnKey {
  return {
    ...linkKey("owner", ["client"], column),
    follow: (context, kind) => ownerLinks(context, typeof column === "function" ? column(kind) : column),
    needsOwners: true,
    derive: ({ ownerOf }) => ownerOf,
  };
}

/** Links to the contracts that decide who owns the unit in the column. */
export function ownerLinks(context: FilterContext, column: Column<number>): readonly FilterLink[] {
  const source = {
    kind: "ownerContract" as const,
    reference: { relation: "rentalObject", column: unitId },
    columns: [startDate, endDate, clientId] as readonly Column[],
  };
  return [requireLinks(context, "owner contracts", column, [source])];
}

/** Creates a key that is a choice, identified by its value. */
export function choiceKey(field: string, column: Column<string>): ColumnKey {
  return { ...valueKey(field, column), part: { read: () => (row) => row.value[field] ?? null } };
}

/** A project inside a record. */
export interface Project {
  readonly id: number;
  readonly name: string | null;
}

/** Shows a project as a key, identified by Alma id and ordered by name. */
export const projectPart = (
  read: (context: GroupContext) => (row: ScannedRow) => Project | null,
): NonNullable<GroupKey["part"]> => ({ read, nameOf: ({ name }: Project) => name });
