import { HOUR } from "../../config/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { byKind, type Kind, kinds } from "../record/kind.ts";
import { type FieldValues, NEVER } from "../record/source.ts";
import { createOldestFirst, type OldestFirst } from "../store/oldest-first.ts";
import { CONTRACT_KINDS, isContractKind, relatedIds, type Store } from "../store/store.ts";

/** The estimated cost of keeping this many records, some of them closed, within their maximum age. */
export interface RefreshCost {
  readonly records: number;
  readonly closed: number;
  /** Calls per hour, for lists and details. */
  readonly calls: number;
  /** The calls per second that suffice if each detail is read at the end of its age; `calls` reads a little earlier. */
  readonly neededRate: number;
}

/** Estimates the cost of the refresh. */
export function estimateRefreshCost(
  counts: Pick<RefreshCost, "records" | "closed">,
  { listInterval, maxAge, closedAge }: RefreshOptions,
): RefreshCost {
  const { records, closed } = counts;
  const listRate = kinds.length / listInterval;
  const agingRate = (records - closed) / maxAge + closed / closedAge;
  return {
    ...counts,
    calls: Math.round((listRate + agingRate / MAINTAINED_SHARE) * HOUR),
    neededRate: Math.ceil((listRate + agingRate) * 1000),
  };
}

/** The number of intervals into which the maximum age is divided. */
const INTERVALS = 64;

/** The share of the maximum age after which a detail is read again. The rest is left for the call itself. */
const MAINTAINED_SHARE = 1 - 2 / INTERVALS;

/**
 * Orders details by the time at which they must be read again to stay within `maxAge` (in milliseconds), and counts
 * them by interval.
 */
function createAgedDetails(maxAge: number) {
  const queue = createOldestFirst();
  const duration = maxAge / INTERVALS;
  /** The number of details by interval number. */
  const counts = new Map<number, number>();

  function uncount(cached: CachedRecord) {
    const at = queue.timeOf(cached);
    if (at === undefined) return;
    const interval = Math.floor(at / duration);
    const count = (counts.get(interval) ?? 0) - 1;
    if (count > 0) counts.set(interval, count);
    else counts.delete(interval);
  }

  return {
    queue,

    /** Returns when a detail read at `at` must be read again. */
    dueAt: (at: number): number => at + MAINTAINED_SHARE * maxAge,

    set(cached: CachedRecord, dueAt: number) {
      uncount(cached);
      queue.set(cached, dueAt);
      const interval = Math.floor(dueAt / duration);
      counts.set(interval, (counts.get(interval) ?? 0) + 1);
    },

    delete(cached: CachedRecord) {
      uncount(cached);
      queue.delete(cached);
    },

    /** Returns the start of each interval and its number of details. */
    intervals: () => [...counts].map(([interval, count]) => [interval * duration, count] as const),
  };
}

/**
 * Returns the latest time at which the reads may start, one after another, so that none is late. Example: 100 details
 * that are due in 60 s take 12.5 s at 10 calls per second, because a quarter of the rate is reserved for lists and
 * urgent reads; so they must start within 47.5 s. A detail counts from the start of its interval. Infinity if there are
 * no details.
 */
function latestStart(aged: readonly ReturnType<typeof createAgedDetails>[], rate: number) {
  const intervals = aged.flatMap((details) => details.intervals()).sort(([one], [other]) => one - other);
  let start = Infinity;
  let count = 0;
  for (const [dueAt, records] of intervals) {
    count += records;
    start = Math.min(start, dueAt - 1.25 * (count / rate) * 1000);
  }
  return start;
}

/**
 * The pause between two reads of a record that changes today, as a share of the time since midnight: 6 minutes at one
 * o'clock, an hour at ten.
 */
const GROWTH = 0.1;

/**
 * Finds the rental objects and clients of contracts that start or end today. Their statuses change with the calendar,
 * mostly soon after midnight. `onChange` is called with each record that enters or leaves this set.
 */
function createChangingToday({ tables }: Store, onChange: (cached: CachedRecord) => void) {
  let day = "";
  /** The start of the day by the catalog's clock. */
  let beganAt = 0;
  /**
   * The ids by kind, since a record may enter the catalog later. An id stays until the day ends, even if its contract
   * refers to another record meanwhile.
   */
  let changing = new Map<Kind, Set<number>>();

  /** Adds the parties of a changed contract. */
  function note({ kind, isListed, value }: CachedRecord) {
    if (!isListed) return;
    if (value.startDate !== day && value.endDate !== day) return;
    for (const [other, id] of relatedIds(kind, value)) {
      const ids = changing.get(other) ?? new Set();
      changing.set(other, ids.add(id));
      notify(other, id);
    }
  }

  function notify(kind: Kind, id: number) {
    const cached = tables[kind].getRemembered(id);
    if (cached) onChange(cached);
  }

  return {
    note,

    /** Returns how long to wait after a read at `at`, if the record changes today. */
    pauseAfter({ kind, id }: CachedRecord, at: number): number | undefined {
      return changing.get(kind)?.has(id) ? GROWTH * Math.max(0, at - beganAt) : undefined;
    },

    /** Starts a day, `sinceMidnight` milliseconds after midnight. Only this function scans all contracts. */
    setDay(today: string, now: number, sinceMidnight: () => number) {
      if (today === day) return;
      day = today;
      beganAt = now - sinceMidnight();
      const before = changing;
      changing = new Map();
      for (const [kind, ids] of before) for (const id of ids) notify(kind, id);
      for (const kind of CONTRACT_KINDS) for (const cached of tables[kind].listed) note(cached);
    },
  };
}

/** The rate of the refresh. Times in milliseconds. */
export interface RefreshOptions {
  /** The interval between two reads of a list. */
  readonly listInterval: number;
  /** The maximum age of details, if the rate allows it. Closed records have their own. */
  readonly maxAge: number;
  readonly closedAge: number;
  /** Calls per second for the refresh, including lists. */
  readonly rate: number;
}

/**
 * Decides which detail the refresh reads next. It holds every listed record, and every unlisted record that a listed
 * one refers to, in one of four queues of its kind. Whenever a record changes, `enqueue` chooses its queue and due time
 * again:
 *
 * | state of the record | queue | due |
 * | --- | --- | --- |
 * | known and unchanged | live or closed | shortly before it reaches its maximum age |
 * | unknown, invalidated or superseded | urgent | now |
 * | a new or changed contract refers to it | urgent | now |
 * | its contract starts or ends today | urgent | after a pause that grows during the day |
 * | its read failed | urgent | after half a `listInterval` (known: at half its age), or once its list entry changes |
 * | Alma reported it missing | urgent | after a `listInterval`, since Alma may have been wrong |
 * | it is no longer listed, and no read has explained why | undecided | now |
 */
export function createRefreshQueue(store: Store, options: RefreshOptions) {
  const queues = byKind(() => ({
    /** Details that are due before they reach their maximum age. */
    urgent: createOldestFirst(),
    /** Details of records that are no longer listed, read to find out why. */
    undecided: createOldestFirst(),
    live: createAgedDetails(options.maxAge),
    closed: createAgedDetails(options.closedAge),
  }));
  const changingToday = createChangingToday(store, enqueue);
  /** Records that were taken and not yet put back. */
  const taken = new Set<CachedRecord>();
  /** Whether urgent details came first in the last `take`. */
  let wasUrgent = false;

  /** The kinds that the warm-up has read completely, so that a record new here is new in Alma. */
  let warm: readonly Kind[] = [];
  /** The values of each contract when it was last looked at. */
  const contracts = new WeakMap<CachedRecord, FieldValues>();
  /** When a contract of a rental object or client last changed. */
  const contractChangedAt = new WeakMap<CachedRecord, number>();

  store.onSettled((cached) => {
    if (isContractKind(cached.kind)) {
      changingToday.note(cached);
      noteContract(cached);
    }
    enqueue(cached);
  });

  /** Makes the rental object and client of a new or changed contract due immediately, since it affects their status. */
  function noteContract(contract: CachedRecord) {
    const { kind, value } = contract;
    const before = contracts.get(contract);
    if (before === value) return;
    contracts.set(contract, value);
    if (!warm.includes(kind)) return;
    for (const [other, id] of [...relatedIds(kind, before ?? {}), ...relatedIds(kind, value)]) {
      const party = store.tables[other].getRemembered(id);
      if (!party) continue;
      contractChangedAt.set(party, Math.max(contract.detailAt, contract.changeReportedAt));
      enqueue(party);
    }
  }

  /** Takes the record that is due first in these queues, if it is due before `time`. */
  function takeFirst(candidates: readonly OldestFirst[], time = Infinity) {
    let first: OldestFirst | undefined;
    for (const queue of candidates) if (queue.firstAt < (first?.firstAt ?? time)) first = queue;
    const cached = first?.first;
    if (!first || !cached) return undefined;
    taken.add(cached);
    for (const queue of Object.values(queues[cached.kind])) queue.delete(cached);
    return cached;
  }

  function enqueue(cached: CachedRecord) {
    if (cached.slot === -1 || taken.has(cached)) return;
    const { urgent, undecided } = queues[cached.kind];
    const dueAt = urgentAt(cached);
    const queue = cached.membership ? (dueAt === undefined ? agedOf(cached) : urgent) : undecided;
    for (const other of Object.values(queues[cached.kind])) if (other !== queue) other.delete(cached);
    if (queue !== undecided || cached.isUndecided)
      queue.set(cached, dueAt ?? agedOf(cached).dueAt(cached.knownAt));
    else queue.delete(cached);
  }

  const agedOf = ({ kind, isClosed }: CachedRecord) => queues[kind][isClosed ? "closed" : "live"];

  /** Returns when a detail is due, if that is earlier than its age requires. */
  function urgentAt(cached: CachedRecord) {
    const { listInterval, maxAge } = options;
    const { knownAt, changeReportedAt, detailAt, goneAt, failure } = cached;
    if (failure && cached.failureSince(changeReportedAt)) {
      const retryAt = failure.at + listInterval / 2;
      return knownAt === NEVER ? retryAt : Math.max(retryAt, knownAt + maxAge / 2);
    }
    if (knownAt === NEVER || cached.servesSuperseded) return Math.max(detailAt, goneAt);
    // Asking again soon is pointless while no path that is known to be correct has said that it is missing.
    if (cached.isDoubtfullyGone) return knownAt + (cached.goneSince === NEVER ? maxAge : listInterval);
    const changedAt = contractChangedAt.get(cached) ?? NEVER;
    if (changedAt >= knownAt) return changedAt;
    const pause = changingToday.pauseAfter(cached, knownAt);
    const dueAt = knownAt + Math.max(listInterval, pause ?? Infinity);
    return dueAt < agedOf(cached).dueAt(knownAt) ? dueAt : undefined;
  }

  return {
    /** Counts the records queued or taken, and the closed ones among them. */
    count(): { readonly records: number; readonly closed: number } {
      let records = 0;
      let closed = 0;
      for (const { listedStates, referredStates } of Object.values(store.tables)) {
        records += listedStates.size + referredStates.size;
        closed += listedStates.closed.size + referredStates.closed.size;
      }
      return { records, closed };
    },

    /** Takes the next due detail of these kinds, alternating between urgent and aged ones. Return it with `putBack`. */
    take(
      warmKinds: readonly Kind[],
      today: string,
      now: number,
      sinceMidnight = () => 0,
    ): CachedRecord | undefined {
      store.settle();
      warm = warmKinds;
      changingToday.setDay(today, now, sinceMidnight);
      const urgent = [
        ...warmKinds.map((kind) => queues[kind].urgent),
        ...kinds.map((kind) => queues[kind].undecided),
      ];
      const aged = warmKinds.flatMap((kind) => [queues[kind].live, queues[kind].closed]);
      const takeUrgent = () => takeFirst(urgent, now);
      const takeAged = () =>
        latestStart(aged, options.rate) <= now ? takeFirst(aged.map(({ queue }) => queue)) : undefined;
      wasUrgent = !wasUrgent;
      return wasUrgent ? (takeUrgent() ?? takeAged()) : (takeAged() ?? takeUrgent());
    },

    /** Puts a taken record back in the queue. */
    putBack(cached: CachedRecord) {
      taken.delete(cached);
      enqueue(cached);
    },
  };
}
