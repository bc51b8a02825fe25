import type { Kind } from "../../catalog/index.ts";
import { type FilterLink, linkedOnce, type OwnSource } from "../argument/filter.ts";
import { clientId, endDate, startDate, unitId } from "../contract/contract-state.ts";
import type { Column, Row } from "../scan/column.ts";
import { always } from "../scan/predicate.ts";
import type { FilterContext, GroupContext, GroupKey } from "../spec/connection-spec.ts";

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

type ColumnKey = Extract<GroupKey, { flags?: undefined }>;

/** A key that is a value of the record. */
export function valueKey(
  field: string,
  column: Column<string> | Column<number> | Column<boolean>,
): ColumnKey {
  const { comparison } = column;
  return { field, column, comparison };
}

/** A key that is a day, which may be taken more coarsely. */
export function dayKey(field: string, column: Column<string>): ColumnKey {
  return { ...valueKey(field, column), isDay: true };
}

/** A key that is a record of one of these kinds, to which the record refers. */
export function linkKey(field: string, links: readonly [Kind, ...Kind[]], column: Column<number>): ColumnKey {
  return { ...valueKey(field, column), links };
}

/** A key that is the owner of a unit on the day. The column holds the unit's id. */
export function ownerKey(column: Column<number>): ColumnKey {
  return {
    ...linkKey("owner", ["client"], column),
    follow: (context) => ownerLinks(context, column),
    derive: ({ ownerOf }) => ownerOf,
  };
}

/** The links to the contracts that decide who owns the unit of an id in the column. */
export function ownerLinks(context: FilterContext, column: Column<number>): readonly FilterLink[] {
  const source = {
    kind: "ownerContract" as const,
    reference: { relation: "rentalObject", column: unitId },
    columns: [startDate, endDate, clientId] as readonly Column[],
  };
  return [needs(context, "owner contracts", column, [source])];
}

/** A key that is a choice, as Alma pairs values with names: its value tells choices apart. */
export function choiceKey(field: string, column: Column<string>): ColumnKey {
  return { ...valueKey(field, column), part: { read: () => (row) => row.value[field] ?? null } };
}

/** A project inside a record. */
export interface Project {
  readonly id: number;
  readonly name: string | null;
}

/** What a key that is a project shows: its Alma id tells projects apart, its name orders them. */
export const projectPart = (
  read: (context: GroupContext) => (row: Row) => Project | null,
): NonNullable<GroupKey["part"]> => ({ read, nameOf: ({ name }: Project) => name });
