import type { CachedRecord } from "../record/cached-record.ts";
import type { Table } from "../store/table.ts";

/**
 * The members behind a reverse edge, for any parent: everything is known that decides them, and no record is left out
 * that may be one. It holds until something changes in their table. `excluded`: records that have gone since the list
 * named them. `asOf`: when the oldest reading behind membership, order and absence was made.
 */
export function createMembersBelow(
  table: Table,
  relation: string,
  excluded: ReadonlySet<CachedRecord>,
  asOf: number,
) {
  const { version, listFailure } = table;
  const index = table.relationIndex.of(relation);
  return {
    asOf,

    /** Whether nothing has changed. What has changed once never holds again. */
    get isCurrent(): boolean {
      return table.version === version && table.listFailure === listFailure;
    },

    /** The members below a parent, the highest id first. */
    of(parent: number): CachedRecord[] {
      const members: CachedRecord[] = [];
      for (const child of index.children(parent))
        if (child.isListed && !excluded.has(child)) members.push(child);
      return members;
    },
  };
}

export type MembersBelow = ReturnType<typeof createMembersBelow>;
