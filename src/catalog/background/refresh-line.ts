import type { CachedRecord } from "../record/cached-record.ts";
import { byKind, type Kind, kinds } from "../record/kind.ts";
import { type FieldValues, NEVER } from "../record/source.ts";
import { createOldestFirst, type OldestFirst } from "../store/oldest-first.ts";
import { CONTRACT_KINDS, partiesOf, type Store } from "../store/store.ts";

/** The cost of refreshing this many records, some of them closed. Times in milliseconds. */
export interface RefreshCost {
  readonly records: number;
  readonly closed: number;
  /** Calls an hour for the lists, and for the details if all are kept fresh. */
  readonly listCalls: number;
  readonly detailCalls: number;
  /** Set if the rate is too low, with what would be enough. */
  readonly lag?: {
    /** The age that details will reach. */
    readonly age: number;
    /** The calls a second that would keep details under the maximum age. */
    readonly neededRate: number;
  };
}

const HOUR = 3_600_000;

/** Estimates the cost of the refresh, and how far it will lag, if it does. */
export function foreseeCost(
  counts: Pick<RefreshCost, "records" | "closed">,
  { listInterval, maxAge, closedAge, rate }: RefreshOptions,
): RefreshCost {
  const { records, closed } = counts;
  const listRate = (kinds.length / listInterval) * 1000;
  // Lists leave at least half of the calls to details.
  const detailRate = Math.max(rate - listRate, rate / 2);
  /** Details a second that reach their maximum age. */
  const agingRate = ((records - closed) / maxAge + closed / closedAge) * 1000;
  const listCalls = Math.round(Math.min(listRate, rate) * 3600);
  const detailCalls = Math.round((Math.min(detailRate, agingRate / MAINTAINED_SHARE) * HOUR) / 1000);
  if (agingRate <= detailRate) return { ...counts, listCalls, detailCalls };
  const lag = { age: (maxAge * agingRate) / detailRate, neededRate: Math.ceil(agingRate + listRate) };
  return { ...counts, listCalls, detailCalls, lag };
}

/** The intervals into which the maximum age is divided. */
const STRETCHES = 64;

/**
 * The share of the maximum age after which a detail is read again; the rest is reserved for the call itself.
 */
const MAINTAINED_SHARE = 1 - 2 / STRETCHES;

/**
 * Keeps details by due time, before they are as old as `maxAge` (in milliseconds), and counts them by
 * interval.
 */
function createAgedDetails(maxAge: number) {
  const line = createOldestFirst();
  const length = maxAge / STRETCHES;
  /** By interval number. */
  const counts = new Map<number, number>();

  function uncount(cached: CachedRecord): void {
    const at = line.timeOf(cached);
    if (at === undefined) return;
    const stretch = Math.floor(at / length);
    const count = (counts.get(stretch) ?? 0) - 1;
    if (count > 0) counts.set(stretch, count);
    else counts.delete(stretch);
  }

  return {
    line,

    /** Returns when a detail read at `at` is due. */
    dueAt: (at: number): number => at + MAINTAINED_SHARE * maxAge,

    set(cached: CachedRecord, dueAt: number): void {
      uncount(cached);
      line.set(cached, dueAt);
      const stretch = Math.floor(dueAt / length);
      counts.set(stretch, (counts.get(stretch) ?? 0) + 1);
    },

    delete(cached: CachedRecord): void {
      uncount(cached);
      line.delete(cached);
    },

    /** Returns the start of each interval and its number of details. */
    stretches: () => [...counts].map(([stretch, count]) => [stretch * length, count] as const),
  };
}

type AgedDetails = ReturnType<typeof createAgedDetails>;

/**
 * Returns the latest start of the first read at which every detail is still read in time, one after another.
 * A detail counts from the start of its interval. A quarter of the rate, in calls a second, is reserved for
 * lists and urgent reads. Infinity if there are no details.
 */
function latestStart(aged: readonly AgedDetails[], rate: number): number {
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
 * Finds the rental objects and clients of contracts that start or end today. Their statuses follow the
 * calendar, mostly soon after midnight. `onChange` is called with each record that becomes or ceases to be
 * one.
 */
function createChangingToday({ tables }: Store, onChange: (cached: CachedRecord) => void) {
  let day = "";
  /** When the day began, by the catalog's clock. */
  let beganAt = 0;
  /**
   * By kind, since a record may be remembered later. A record that a contract no longer refers to stays until
   * the day ends.
   */
  let changing = new Map<Kind, Set<number>>();

  /** Records a changed contract. */
  function note({ kind, isListed, value }: CachedRecord): void {
    if (!isListed) return;
    if (value.startDate !== day && value.endDate !== day) return;
    for (const [other, id] of partiesOf(kind, value)) {
      const ids = changing.get(other) ?? new Set();
      changing.set(other, ids.add(id));
      notify(other, id);
    }
  }

  function notify(kind: Kind, id: number): void {
    const cached = tables[kind].getRemembered(id);
    if (cached) onChange(cached);
  }

  return {
    note,

    /** Returns the pause after a read at `at`, if the record changes today. */
    pauseAfter({ kind, id }: CachedRecord, at: number): number | undefined {
      return changing.get(kind)?.has(id) ? GROWTH * Math.max(0, at - beganAt) : undefined;
    },

    /** Starts a day, `sinceMidnight` milliseconds after midnight. Looks at all contracts only then. */
    setDay(today: string, now: number, sinceMidnight: () => number): void {
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

/** The pace of the refresh. Times in milliseconds. */
export interface RefreshOptions {
  /** The interval between two reads of a list. */
  readonly listInterval: number;
  /** The maximum age of details, if the rate allows it. Closed records have their own. */
  readonly maxAge: number;
  readonly closedAge: number;
  /** Calls a second that the refresh may make, lists included. */
  readonly rate: number;
}

/**
 * Orders the details of listed records, and of unlisted ones they refer to, by due time. A change moves a
 * record. An unreadable detail is due again after half a `listInterval`, or at once if its list entry
 * changes. A record that has left its list is due at once. A record found missing is read once more, since
 * Alma may have been wrong.
 */
export function createRefreshLine(store: Store, options: RefreshOptions) {
  const lines = byKind(() => ({
    /** Details that are unknown, stale, change today, or failed, by due time. */
    urgent: createOldestFirst(),
    /** Details of records that nothing names any more, to find out why. */
    undecided: createOldestFirst(),
    live: createAgedDetails(options.maxAge),
    closed: createAgedDetails(options.closedAge),
  }));
  const changingToday = createChangingToday(store, put);
  /** Records taken and not yet put back. */
  const taken = new Set<CachedRecord>();
  /** Whether urgent details came first when the last one was taken. */
  let wasUrgent = false;

  /** The fully read kinds, in which a new record is new in Alma. */
  let warm: readonly Kind[] = [];
  /** The contracts as last read, and when one last changed in a way that affects a record. */
  const contracts = new WeakMap<CachedRecord, FieldValues>();
  const newsAt = new WeakMap<CachedRecord, number>();

  store.onSettled((cached) => {
    if (CONTRACT_KINDS.includes(cached.kind)) {
      changingToday.note(cached);
      noteContract(cached);
    }
    put(cached);
  });

  /** A new or changed contract affects its object and client, which are due at once. */
  function noteContract(contract: CachedRecord): void {
    const { kind, value } = contract;
    const before = contracts.get(contract);
    if (before === value) return;
    contracts.set(contract, value);
    if (!warm.includes(kind)) return;
    for (const [other, id] of [...partiesOf(kind, before ?? {}), ...partiesOf(kind, value)]) {
      const party = store.tables[other].getRemembered(id);
      if (!party) continue;
      newsAt.set(party, Math.max(contract.detailAt, contract.changeReportedAt));
      put(party);
    }
  }

  /** Takes the first record of these lines that is due before `time`. */
  function takeFirst(
    sought: readonly OldestFirst[],
    time = Number.POSITIVE_INFINITY,
  ): CachedRecord | undefined {
    let first: OldestFirst | undefined;
    for (const line of sought) if (line.firstAt < (first?.firstAt ?? time)) first = line;
    const cached = first?.first;
    if (!first || !cached) return undefined;
    taken.add(cached);
    for (const line of Object.values(lines[cached.kind])) line.delete(cached);
    return cached;
  }

  function put(cached: CachedRecord): void {
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

  /** Returns when a detail is due ahead of others of its age, if so. */
  function urgentAt(cached: CachedRecord): number | undefined {
    const { listInterval, maxAge } = options;
    const { knownAt, changeReportedAt, detailAt, goneAt, failure } = cached;
    if (failure && cached.failureSince(changeReportedAt)) {
      const retryAt = failure.at + listInterval / 2;
      return knownAt === NEVER ? retryAt : Math.max(retryAt, knownAt + maxAge / 2);
    }
    if (knownAt === NEVER || cached.servesSuperseded) return Math.max(detailAt, goneAt);
    // If no path has proven right yet, asking again soon is pointless.
    if (cached.isDoubtfullyGone) return knownAt + (cached.goneSince === NEVER ? maxAge : listInterval);
    const news = newsAt.get(cached) ?? NEVER;
    if (news >= knownAt) return news;
    const pause = changingToday.pauseAfter(cached, knownAt);
    const dueAt = knownAt + Math.max(listInterval, pause ?? Number.POSITIVE_INFINITY);
    return dueAt < agedOf(cached).dueAt(knownAt) ? dueAt : undefined;
  }

  return {
    /** Counts the records in the line or taken, and how many are closed. */
    count(): { readonly records: number; readonly closed: number } {
      const states = kinds.flatMap((kind) => {
        const { listedStates, referredStates } = store.tables[kind];
        return [listedStates, referredStates];
      });
      const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
      return {
        records: sum(states.map(({ size }) => size)),
        closed: sum(states.map(({ closed }) => closed.size)),
      };
    },

    /**
     * Takes the next due detail of these kinds, alternating between urgent and aged ones. Put it back to
     * queue it again.
     */
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

    /** Puts a taken record back. */
    putBack(cached: CachedRecord): void {
      taken.delete(cached);
      put(cached);
    },
  };
}
