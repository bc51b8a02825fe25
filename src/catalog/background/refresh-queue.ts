import type { CachedRecord } from "../record/cached-record.ts";
import { byKind, type Kind, kinds } from "../record/kind.ts";
import { type FieldValues, NEVER } from "../record/source.ts";
import { createOldestFirst, type OldestFirst } from "../store/oldest-first.ts";
import { CONTRACT_KINDS, partiesOf, type Store } from "../store/store.ts";

/** The estimated cost of keeping this many records, some of them closed, within their maximum age. */
export interface RefreshCost {
  readonly records: number;
  readonly closed: number;
  /** Calls per hour, for lists and details. */
  readonly calls: number;
  /** The calls per second that this takes. */
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
    calls: Math.round((listRate + agingRate / MAINTAINED_SHARE) * 3_600_000),
    neededRate: Math.ceil((listRate + agingRate) * 1000),
  };
}

/** The number of intervals into which the maximum age is divided. */
const STRETCHES = 64;

/** The share of the maximum age after which a detail is read again; the rest is left for the call itself. */
const MAINTAINED_SHARE = 1 - 2 / STRETCHES;

/**
 * Orders details by the time at which they must be read again to stay within `maxAge` (in milliseconds), and counts
 * them by interval.
 */
function createAgedDetails(maxAge: number) {
  const line = createOldestFirst();
  const length = maxAge / STRETCHES;
  /** The number of details by interval number. */
  const counts = new Map<number, number>();

  function uncount(cached: CachedRecord) {
    const at = line.timeOf(cached);
    if (at === undefined) return;
    const stretch = Math.floor(at / length);
    const count = (counts.get(stretch) ?? 0) - 1;
    if (count > 0) counts.set(stretch, count);
    else counts.delete(stretch);
  }

  return {
    line,

    /** Returns when a detail read at `at` must be read again. */
    dueAt: (at: number): number => at + MAINTAINED_SHARE * maxAge,

    set(cached: CachedRecord, dueAt: number) {
      uncount(cached);
      line.set(cached, dueAt);
      const stretch = Math.floor(dueAt / length);
      counts.set(stretch, (counts.get(stretch) ?? 0) + 1);
    },

    delete(cached: CachedRecord) {
      uncount(cached);
      line.delete(cached);
    },

    /** Returns the start of each interval and its number of details. */
    stretches: () => [...counts].map(([stretch, count]) => [stretch * length, count] as const),
  };
}

type AgedDetails = ReturnType<typeof createAgedDetails>;

/**
 * Returns the latest time to start reading so that every detail is still read in time, one after another. A detail
 * counts from the start of its interval. A quarter of the rate, in calls per second, is reserved for lists and urgent
 * reads. Infinity if there are no details.
 */
function latestStart(aged: readonly AgedDetails[], rate: number) {
  const stretches = aged.flatMap((details) => details.stretches()).sort(([one], [other]) => one - other);
  let start = Number.POSITIVE_INFINITY;
  let count = 0;
  for (const [dueAt, records] of stretches) {
    count += records;
    start = Math.min(start, dueAt - 1.25 * (count / rate) * 1000);
  }
  return start;
}

/** The pause between two reads of a record that changes today, as a share of the time since midnight. */
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
   * Ids by kind, since a record may enter the catalog later. If a contract no longer refers to a record, the id stays
   * until the day ends.
   */
  let changing = new Map<Kind, Set<number>>();

  /** Adds the parties of a changed contract. */
  function note({ kind, isListed, value }: CachedRecord) {
    if (!isListed) return;
    if (value.startDate !== day && value.endDate !== day) return;
    for (const [other, id] of partiesOf(kind, value)) {
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
 * Orders the details of listed records, and of unlisted records that they refer to, by due time. Changes move a record.
 * A detail that could not be read is due again after half a `listInterval`, or immediately if its list entry changes. A
 * record that has left its list is due immediately. A record that Alma reports missing is read once more, since Alma
 * may have been wrong.
 */
export function createRefreshQueue(store: Store, options: RefreshOptions) {
  const lines = byKind(() => ({
    /** Details that are unknown or stale, change today, or could not be read, by due time. */
    urgent: createOldestFirst(),
    /** Details of records that left their list, read to find out why. */
    undecided: createOldestFirst(),
    live: createAgedDetails(options.maxAge),
    closed: createAgedDetails(options.closedAge),
  }));
  const changingToday = createChangingToday(store, enqueue);
  /** Records taken and not yet returned. */
  const taken = new Set<CachedRecord>();
  /** Whether urgent details came first in the last `take`. */
  let wasUrgent = false;

  /** The completely read kinds, where a new record is new in Alma. */
  let warm: readonly Kind[] = [];
  /** The contracts as last read, and when one last changed in a way that affects a record. */
  const contracts = new WeakMap<CachedRecord, FieldValues>();
  const newsAt = new WeakMap<CachedRecord, number>();

  store.onSettled((cached) => {
    if (CONTRACT_KINDS.includes(cached.kind)) {
      changingToday.note(cached);
      noteContract(cached);
    }
    enqueue(cached);
  });

  /** A new or changed contract affects its object and client, which become due immediately. */
  function noteContract(contract: CachedRecord) {
    const { kind, value } = contract;
    const before = contracts.get(contract);
    if (before === value) return;
    contracts.set(contract, value);
    if (!warm.includes(kind)) return;
    for (const [other, id] of [...partiesOf(kind, before ?? {}), ...partiesOf(kind, value)]) {
      const party = store.tables[other].getRemembered(id);
      if (!party) continue;
      newsAt.set(party, Math.max(contract.detailAt, contract.changeReportedAt));
      enqueue(party);
    }
  }

  /** Takes the first record of these queues that is due before `time`. */
  function takeFirst(sought: readonly OldestFirst[], time = Number.POSITIVE_INFINITY) {
    let first: OldestFirst | undefined;
    for (const line of sought) if (line.firstAt < (first?.firstAt ?? time)) first = line;
    const cached = first?.first;
    if (!first || !cached) return undefined;
    taken.add(cached);
    for (const line of Object.values(lines[cached.kind])) line.delete(cached);
    return cached;
  }

  function enqueue(cached: CachedRecord) {
    if (cached.slot === -1 || taken.has(cached)) return;
    const { urgent, undecided } = lines[cached.kind];
    const dueAt = urgentAt(cached);
    const line = cached.membership ? (dueAt === undefined ? agedOf(cached) : urgent) : undecided;
    for (const other of Object.values(lines[cached.kind])) if (other !== line) other.delete(cached);
    if (line !== undecided || cached.isUndecided)
      line.set(cached, dueAt ?? agedOf(cached).dueAt(cached.knownAt));
    else line.delete(cached);
  }

  const agedOf = ({ kind, isClosed }: CachedRecord) => lines[kind][isClosed ? "closed" : "live"];

  /** Returns when a detail is due earlier than its age requires, if so. */
  function urgentAt(cached: CachedRecord) {
    const { listInterval, maxAge } = options;
    const { knownAt, changeReportedAt, detailAt, goneAt, failure } = cached;
    if (failure && cached.failureSince(changeReportedAt)) {
      const retryAt = failure.at + listInterval / 2;
      return knownAt === NEVER ? retryAt : Math.max(retryAt, knownAt + maxAge / 2);
    }
    if (knownAt === NEVER || cached.servesSuperseded) return Math.max(detailAt, goneAt);
    // If no path has worked yet, asking again soon is pointless.
    if (cached.isDoubtfullyGone) return knownAt + (cached.goneSince === NEVER ? maxAge : listInterval);
    const news = newsAt.get(cached) ?? NEVER;
    if (news >= knownAt) return news;
    const pause = changingToday.pauseAfter(cached, knownAt);
    const dueAt = knownAt + Math.max(listInterval, pause ?? Number.POSITIVE_INFINITY);
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
        ...warmKinds.map((kind) => lines[kind].urgent),
        ...kinds.map((kind) => lines[kind].undecided),
      ];
      const aged = warmKinds.flatMap((kind) => [lines[kind].live, lines[kind].closed]);
      const takeUrgent = () => takeFirst(urgent, now);
      const takeAged = () =>
        latestStart(aged, options.rate) <= now ? takeFirst(aged.map(({ line }) => line)) : undefined;
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
