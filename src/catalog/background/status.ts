import { type Kind, kinds } from "../record/kind.ts";
import type { Store } from "../store/store.ts";

/** The state of one kind for metrics. Ages are in seconds, and undefined if nothing is known. */
export interface KindStatus {
  readonly kind: Kind;
  /** The number of records in the newest list. */
  readonly listed: number;
  /** The number of records in the catalog, unlisted ones included. */
  readonly remembered: number;
  /** The number of listed records, and of unlisted records they refer to, without a fresh detail. */
  readonly unread: number;
  readonly listAge: number | undefined;
  /** The age of the list or of the oldest detail, whichever is greater. Closed records don't count. */
  readonly indexAge: number | undefined;
  /** The age of the oldest detail of a closed record. */
  readonly closedAge: number | undefined;
}

/** Returns the status of every kind at `now`, by the catalog's clock. */
export function statusOf(store: Store, now: number): KindStatus[] {
  const ageOf = (at: number) => (Number.isFinite(at) ? (now - at) / 1000 : undefined);
  return kinds.map((kind) => {
    const table = store.tables[kind];
    const { listed, listedStates, referredStates, size } = table;
    const oldest = Math.min(table.liveAsOf(), referredStates.oldestLiveAnswerAt());
    const oldestClosed = Math.min(listedStates.closed.firstAt, referredStates.closed.firstAt);
    return {
      kind,
      listed: listed.length,
      remembered: size,
      unread: listedStates.unread.size + referredStates.unread.size,
      listAge: ageOf(table.listAt),
      indexAge: ageOf(oldest),
      closedAge: ageOf(oldestClosed),
    };
  });
}
