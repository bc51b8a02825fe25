import { type ChangeQuery, isHidden, kinds, type LoggedChange, type LogPlace } from "../../catalog/index.ts";
import { type HistoryBounds, isBefore } from "./history-bounds.ts";

/** The changes of a log at one moment; only until its next change. */
export interface LogContent {
  /** The changes in order. Those before `first` are no longer in memory. */
  readonly held: readonly LoggedChange[];
  readonly first: number;
  /** The changes in memory by the key of their record. */
  readonly byRecord: ReadonlyMap<string, readonly LoggedChange[]>;
  /** The position up to which no change is in memory. */
  readonly forgotten: LogPlace;
  readonly bounds: HistoryBounds;
  /** Reads stored changes. `until`: none after this position. */
  readonly older: (query: ChangeQuery, until: LogPlace) => Promise<readonly LoggedChange[]>;
}

/** The number of changes read together when all are read. */
const PAGE = 2_000;

/** Returns the index of the first change after a position, searching from `first`. */
function indexAfter(changes: readonly LoggedChange[], first: number, place: LogPlace) {
  let [low, high] = [first, changes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(place, changes[middle] as LoggedChange)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Reads changes. Rejects with the store's error. */
export async function readChanges(
  { held, first, byRecord, forgotten: until, bounds, older }: LogContent,
  query: ChangeQuery,
): Promise<readonly LoggedChange[]> {
  const { record, kinds, fields, after, limit } = query;
  const isRequested = (change: LoggedChange) =>
    kinds.includes(change.kind) &&
    !isHidden(change) &&
    (!fields || (change.field !== null && fields.includes(change.field)));
  if (record) {
    const isOlder = (change: LoggedChange) =>
      (!after || isBefore(change, after)) && isRequested(change) && bounds.keeps(change);
    const here = (byRecord.get(record.key) ?? []).filter(isOlder).reverse().slice(0, limit);
    return here.length === limit
      ? here
      : [...here, ...(await older({ ...query, limit: limit - here.length }, until))];
  }
  const start = after ?? bounds.of(kinds);
  const isInMemory = !isBefore(start, until);
  const here: LoggedChange[] = [];
  for (let index = indexAfter(held, first, start); index < held.length && here.length < limit; index++) {
    const change = held[index] as LoggedChange;
    if (isRequested(change)) here.push(change);
  }
  return isInMemory ? here : [...(await older({ ...query, after: start }, until)), ...here].slice(0, limit);
}

/**
 * Reads all changes before a position, newest first, in pages. `content`: called for each page. Throws the store's
 * error.
 */
export async function* readBackwards(
  content: () => LogContent,
  before: LogPlace,
): AsyncGenerator<readonly LoggedChange[]> {
  const query = { kinds, isBackwards: true, limit: PAGE } as const;
  for (let until: LogPlace = { ...before, n: before.n - 1 }; ; ) {
    const { held, first, older } = content();
    const last = indexAfter(held, first, until);
    let page: readonly LoggedChange[] = held.slice(Math.max(first, last - query.limit), last).reverse();
    if (page.length === 0) page = await older(query, until);
    const oldest = page.at(-1);
    if (!oldest) return;
    yield page;
    until = { seq: oldest.seq, n: oldest.n - 1 };
  }
}
