import type { CachedRecord } from "../record/cached-record.ts";
import { byKind, type Kind, kinds } from "../record/kind.ts";
import { type FieldValues, NEVER } from "../record/source.ts";
import { createOldestFirst, type OldestFirst } from "../store/oldest-first.ts";
import { CONTRACT_KINDS, partiesOf, type Store } from "../store/store.ts";

/** What the refresh of so many records costs, of which some are closed. Times in milliseconds. */
export interface RefreshCost {
  readonly records: number;
  readonly closed: number;
  /** Calls an hour for the lists, and for the details if all of them are kept young. */
  readonly listCalls: number;
  readonly detailCalls: number;
  /** That the rate is too low, and what would avoid it. */
  readonly lag?: {
    /** How old details become that are to be younger than the maximum age. */
    readonly age: number;
    /** The rate, in calls a second, that would keep them under the maximum age. */
    readonly neededRate: number;
  };
}

const HOUR = 3_600_000;

/** Foresees what the refresh of so many records costs, and how far it falls behind, if it does. */
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

/** How many stretches of time the maximum age is cut into. */
const STRETCHES = 64;

/** The share of the maximum age after which a detail is read again if few are; the rest is left for the call itself. */
const MAINTAINED_SHARE = 1 - 2 / STRETCHES;

/**
 * Details by when they have to be read again, before they are as old as `maxAge` (in milliseconds), and how many there
 * are in each stretch of time.
 */
function createAgedDetails(maxAge: number) {
  const line = createOldestFirst();
  const length = maxAge / STRETCHES;
  /** By the number of the stretch. */
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

    /** When a detail is due that was read at `at`. */
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

    /** The beginning of each stretch that has details, and their number. */
    stretches: () => [...counts].map(([stretch, count]) => [stretch * length, count] as const),
  };
}

type AgedDetails = ReturnType<typeof createAgedDetails>;

/**
 * When the first of these details has to be read at the latest, so that it and all others are read again when they are
 * due, each in its turn: that of a stretch of time counts from the beginning of the stretch. A quarter of the rate, in
 * calls a second, is left to lists and to what is urgent. Infinity if there are none.
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

/** The share of the time since midnight that passes between two reads of a record that changes today. */
const GROWTH = 0.1;

/**
 * Rental objects and clients of contracts that start or end today: their statuses follow the calendar, mostly soon
 * after midnight. `onChange` is called with each record that begins or ceases to be one of these.
 */
function createChangingToday({ tables }: Store, onChange: (cached: CachedRecord) => void) {
  let day = "";
  /** When the day began, by the catalog's clock. */
  let beganAt = 0;
  /** By kind: a record may be remembered later. One that a contract no longer refers to stays until the day ends. */
  let changing = new Map<Kind, Set<number>>();

  /** Notes a contract that has changed. */
  function note({ kind, isListed, value }: CachedRecord): void {
    if (!isListed) return;
    if (value.startDate !== day && value.endDate !== day) return;
    for (const [other, id] of partiesOf(kind, value)) {
      const ids = changing.get(other) ?? new Set();
      changing.set(other, ids.add(id));
      tell(other, id);
    }
  }

  function tell(kind: Kind, id: number): void {
    const cached = tables[kind].getRemembered(id);
    if (cached) onChange(cached);
  }

  return {
    note,

    /** How long after a read at `at` a record is read again that changes today; undefined if it does not. */
    pauseAfter({ kind, id }: CachedRecord, at: number): number | undefined {
      return changing.get(kind)?.has(id) ? GROWTH * Math.max(0, at - beganAt) : undefined;
    },

    /** Begins a day, `sinceMidnight` milliseconds after it began. Only then are all contracts looked at. */
    setDay(today: string, now: number, sinceMidnight: () => number): void {
      if (today === day) return;
      day = today;
      beganAt = now - sinceMidnight();
      const before = changing;
      changing = new Map();
      for (const [kind, ids] of before) for (const id of ids) tell(kind, id);
      for (const kind of CONTRACT_KINDS) for (const cached of tables[kind].listed) note(cached);
    },
  };
}

/** How refreshing is paced. Times in milliseconds. */
export interface RefreshOptions {
  /** Every list is read once in this time. */
  readonly listInterval: number;
  /** The age under which details are kept, if the rate allows it; those of closed records under another one. */
  readonly maxAge: number;
  readonly closedAge: number;
  /** Calls a second that refreshing may make, lists included. */
  readonly rate: number;
}

/**
 * The details of listed records, and of unlisted ones that these refer to, in the order of their refresh. A record is
 * put in its place whenever it changes.
 *
 * A detail that could not be read is due again after half a `listInterval`, or at once when its list entry changes. A
 * record that has left its list is due at once, of whatever kind. One that was gone when it was read is read once more,
 * since Alma may have answered wrongly.
 */
export function createRefreshLine(store: Store, options: RefreshOptions) {
  /** The details that are to be read. */
  const lines = byKind(() => ({
    /** Details that are unknown, stale or change today, and those whose last read failed: by when they are due. */
    urgent: createOldestFirst(),
    /** Those of records that nothing names, and of which a reading is to show why. */
    undecided: createOldestFirst(),
    /** All others. */
    live: createAgedDetails(options.maxAge),
    closed: createAgedDetails(options.closedAge),
  }));
  const changingToday = createChangingToday(store, put);
  /** Records that were taken, until they are put back. */
  const taken = new Set<CachedRecord>();
  /** Whether the urgent details came first when the last one was taken. */
  let wasUrgent = false;

  /** The kinds of which all is known, so that what is new is new in Alma. */
  let warm: readonly Kind[] = [];
  /** What contracts showed last, and when others showed something new that records may have to do with. */
  const contracts = new WeakMap<CachedRecord, FieldValues>();
  const newsAt = new WeakMap<CachedRecord, number>();

  store.onSettled((cached) => {
    if (CONTRACT_KINDS.includes(cached.kind)) {
      changingToday.note(cached);
      noteContract(cached);
    }
    put(cached);
  });

  /** A contract that is new, or has changed, changes its object and its client: they are due at once. */
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

  /** Takes the first record of these lines whose time is before `time`. */
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

  /** When a detail is due before others that are as old; undefined if it is not. */
  function urgentAt(cached: CachedRecord): number | undefined {
    const { listInterval, maxAge } = options;
    const { knownAt, changeReportedAt, detailAt, goneAt, failure } = cached;
    if (failure && cached.failureSince(changeReportedAt)) {
      const retryAt = failure.at + listInterval / 2;
      return knownAt === NEVER ? retryAt : Math.max(retryAt, knownAt + maxAge / 2);
    }
    if (knownAt === NEVER || cached.servesSuperseded) return Math.max(detailAt, goneAt);
    // Where no path has been right yet, asking again soon would tell no more.
    if (cached.isDoubtfullyGone) return knownAt + (cached.goneSince === NEVER ? maxAge : listInterval);
    const news = newsAt.get(cached) ?? NEVER;
    if (news >= knownAt) return news;
    const pause = changingToday.pauseAfter(cached, knownAt);
    const dueAt = knownAt + Math.max(listInterval, pause ?? Number.POSITIVE_INFINITY);
    return dueAt < agedOf(cached).dueAt(knownAt) ? dueAt : undefined;
  }

  return {
    /** How many records are in the line or taken, and how many of them are closed. */
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
     * Takes the next detail of these kinds that is due; undefined if there is none. Alternates between urgent and aged
     * details; if none of one sort is due, takes one of the other. It is in the line again once it is put back.
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

    /** Puts a taken record back into its place. */
    putBack(cached: CachedRecord): void {
      taken.delete(cached);
      put(cached);
    },
  };
}
