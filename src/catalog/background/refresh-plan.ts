import type { CachedRecord } from "../store/cached-record.ts";
import { type Kind, kinds } from "../store/kind.ts";
import { NEVER } from "../store/source.ts";
import type { Store } from "../store/store.ts";
import { findUnlisted, knownAt } from "../store/unlisted.ts";

/** How refreshing is paced. Times in milliseconds. */
export interface RefreshOptions {
  /** Every list is read once in this time. */
  readonly listInterval: number;
  /** The age under which details are kept, if the rate allows it. */
  readonly maxAge: number;
  /** Calls a second that refreshing may make, lists included. */
  readonly rate: number;
}

/** The details to read until the next plan. Both lists are read from their ends. */
export interface RefreshPlan {
  /** Details that are unknown or stale; they are read before details that change today. */
  readonly urgent: CachedRecord[];
  /** Details that have become old. */
  readonly aged: CachedRecord[];
}

/**
 * Plans the next details of the kinds that are warm, and of unlisted records that these refer to. A detail that could
 * not be read is planned again after half a `listInterval`. A listed record that was gone when its detail was read is
 * planned once more, since Alma may have answered wrongly.
 */
export function planRefresh(
  store: Store,
  isWarm: (kind: Kind) => boolean,
  options: RefreshOptions,
  today: string,
  now: number,
): RefreshPlan {
  const { listInterval } = options;
  const listed = kinds.filter(isWarm).flatMap((kind) => store.tables[kind].listed);
  const maintained = [...listed, ...findUnlisted(store)];
  const changingToday = findChangingToday(store, today);
  const minAge = minAgeOf(maintained.length, options);
  const stale: CachedRecord[] = [];
  const changing: CachedRecord[] = [];
  const aged: CachedRecord[] = [];
  for (const cached of maintained) {
    if (cached.failureSince(Math.max(now - listInterval / 2, cached.changeReportedAt))) continue;
    const readAt = knownAt(cached);
    const age = now - readAt;
    const isDoubtfullyGone =
      cached.isListed && readAt === cached.goneAt && readAt - cached.changeReportedAt < listInterval;
    if (readAt === NEVER || cached.servesSuperseded || (isDoubtfullyGone && age > listInterval))
      stale.push(cached);
    else if (changingToday.has(cached)) {
      if (age > listInterval) changing.push(cached);
    } else if (age > minAge) aged.push(cached);
  }
  return {
    urgent: [...oldestFirst(stale), ...oldestFirst(changing)].reverse(),
    aged: oldestFirst(aged).reverse(),
  };
}

/** The age from which a detail is read again: the longer a round through all records takes, the earlier. */
function minAgeOf(recordCount: number, { maxAge, rate }: RefreshOptions): number {
  const roundDuration = (recordCount / rate) * 1000;
  return Math.max(0, Math.min(maxAge / 2, maxAge - 1.25 * roundDuration));
}

/** Rental objects and clients of contracts that start or end today: their statuses follow the calendar. */
function findChangingToday(store: Store, today: string): ReadonlySet<CachedRecord> {
  const changing = new Set<CachedRecord>();
  const add = (cached: CachedRecord | undefined) => cached && changing.add(cached);
  for (const kind of ["ownerContract", "tenantContract"] as const) {
    const { listed, definition } = store.tables[kind];
    const { rentalObject, client } = definition.relations;
    for (const { value } of listed) {
      if (value.startDate !== today && value.endDate !== today) continue;
      const objectId = rentalObject?.idOf(value);
      const clientId = client?.idOf(value);
      if (objectId != null) add(store.findRentalObject(objectId));
      if (clientId != null) add(store.tables.client.get(clientId));
    }
  }
  return changing;
}

/** Sorts by when Alma last answered about the record itself. Records that were never read come first, as they are. */
function oldestFirst(records: readonly CachedRecord[]): CachedRecord[] {
  const readAt = ({ detailAt, goneAt }: CachedRecord) => Math.max(detailAt, goneAt);
  return [...records].sort((a, b) => readAt(a) - readAt(b) || 0);
}
