import type { CachedRecord } from "../../../src/catalog/index.ts";
import type { Table } from "../../../src/catalog/store/table.ts";

export const keyOf = ({ key }: CachedRecord) => key;
export const keysOf = (records: Iterable<CachedRecord>) => [...records].map(keyOf).sort();

export const CUTOFFS = [15, 25, 40];
export const ID_FIELDS = ["externalId", "additionalExternalId"] as const;
export const IDS = ["x0", "x1", "x3", "y1", "y2", " x2 ", ""];

/** The contents of a table's sets and indexes. */
export function kept(table: Table) {
  const { listedStates, referredStates, relationIndex } = table;
  const read = (cutoff: number) => [...listedStates.live.upTo(cutoff), ...listedStates.closed.upTo(cutoff)];
  return {
    listed: {
      gone: keysOf(listedStates.gone),
      unread: keysOf(listedStates.unread),
      faulty: keysOf(listedStates.faulty),
      read: keysOf(read(Number.POSITIVE_INFINITY)),
      closed: keysOf(listedStates.closed.upTo(Number.POSITIVE_INFINITY)),
      readBefore: CUTOFFS.map((cutoff) => keysOf(read(cutoff))),
    },
    indexAsOf: table.indexAsOf(),
    referred: {
      all: keysOf(referredStates.all),
      unread: keysOf(referredStates.unread),
      oldestLiveAnswerAt: referredStates.oldestLiveAnswerAt(),
    },
    unknownRelations: keysOf(relationIndex.unknown),
    holders: ID_FIELDS.map((field) => IDS.map((id) => table.withId(field, id).map(keyOf))),
  };
}
