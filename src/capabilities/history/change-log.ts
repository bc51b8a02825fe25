import { randomBytes } from "node:crypto";
import {
  type Catalog,
  type Change,
  type ChangeQuery,
  type Horizons,
  isHidden,
  type Kind,
  kinds,
  type LoggedChange,
  type LoggedPast,
  type LogPlace,
  type LogPosition,
  NEVER,
  type ScopeOfField,
  type StoredChanges,
} from "../../catalog/index.ts";
import { HistoryBounds, isBefore } from "./history-bounds.ts";
import { ReadPeriods } from "./read-periods.ts";

/** The overhead of a change in bytes, including its entries in arrays and maps. */
const CHANGE_SIZE = 500;

/** Returns the bytes of memory that a change takes. */
const sizeOf = ({ before, after }: Change) =>
  CHANGE_SIZE + 2 * ((before?.length ?? 0) + (after?.length ?? 0));

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

/** The maximum number of changes with one `seq`. */
const MAX_OF_COMMIT = 500;
/** The default number of bytes (HISTORY_MEMORY). */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * Creates a log of the changes of all records, in the order in which they became known. The latest changes are in
 * memory, up to a number of bytes; earlier ones are in a store or discarded. `clock`: the catalog's clock.
 */
export function createChangeLog(
  clock: () => number,
  maxBytes = MAX_BYTES,
  dateOf = (at: number) => at,
  scopeOf: ScopeOfField = () => undefined,
) {
  /** Identifies this process's part of the log. */
  const term = randomBytes(6).toString("base64url");
  let version = 0;
  let forgottenUntil = NEVER;
  /** Whether this process reads Alma. Other processes evict no records on their own. */
  let isReading = false;
  let bytes = 0;
  /** The changes in order. Those before `first` are no longer in memory, nor are any up to `forgotten`. */
  let held: LoggedChange[] = [];
  let first = 0;
  let forgotten: LogPlace = { seq: 0, n: 0 };
  /** The first change not passed to any store, and the first not certainly stored. */
  let untaken = 0;
  let unstored = 0;
  let lost: LoggedChange | undefined;
  let lastKnownAt = Date.now();
  const readPeriods = new ReadPeriods();
  const byRecord = new Map<string, LoggedChange[]>();
  let end: LogPosition = { term, seq: 0, n: 0 };
  /** The last position certainly in the store. */
  let storedEnd = end;
  /** Whether the next change begins another commit. */
  let isClosed = true;
  let stored: StoredChanges | undefined;
  const bounds = new HistoryBounds({ ...forgotten, since: dateOf(clock()) });

  function push(change: LoggedChange) {
    held.push(change);
    const known = byRecord.get(change.key);
    if (known) known.push(change);
    else byRecord.set(change.key, [change]);
    bytes += sizeOf(change);
    while (bytes > maxBytes && first < held.length) dropOldest();
  }

  function dropOldest() {
    const oldest = held[first++] as LoggedChange;
    untaken = Math.max(untaken, first);
    if (unstored < first) {
      unstored = first;
      lost = oldest;
      bounds.forgetUntil(oldest, oldest.wall.notAfter);
    }
    const ofRecord = byRecord.get(oldest.key);
    ofRecord?.shift();
    if (ofRecord?.length === 0) byRecord.delete(oldest.key);
    bytes -= sizeOf(oldest);
    forgotten = oldest;
    forgottenUntil = Math.max(forgottenUntil, oldest.notAfter);
    if (first * 2 < held.length) return;
    held = held.slice(first);
    untaken -= first;
    unstored -= first;
    first = 0;
  }

  const older = async (query: ChangeQuery, until: LogPlace) => (await stored?.changes(query, until)) ?? [];

  return {
    term,
    /** Increased by every change of its content. */
    get version() {
      return version;
    },
    /** Changes that ended up to this time may have been discarded. */
    get forgottenUntil() {
      return forgottenUntil;
    },
    scopeOf,
    readPeriods,
    get lastReadPeriod() {
      return readPeriods.last;
    },
    /** Converts a time of the catalog's clock to the wall clock. */
    dateOf,

    /** Continues from a store's data. Must be called before anything is added. */
    continue({ seq, at, horizons, recent, older, readPeriods: read }: LoggedPast, from: StoredChanges) {
      readPeriods.continue(read);
      stored = from;
      lastKnownAt = at;
      bounds.horizons = horizons;
      forgotten = older ?? forgotten;
      forgottenUntil = older?.notAfter ?? NEVER;
      for (const change of recent) {
        [untaken, unstored] = [untaken + 1, unstored + 1];
        push(change);
      }
      end = { term, seq, n: 0 };
      storedEnd = end;
    },

    /**
     * Returns when the store last changed before this process started, so that one start with a wrong wall clock does
     * not make anything appear older.
     */
    lastKnownAt: () => lastKnownAt,

    /**
     * Called when this process starts to read Alma. Without a store, starts a new log if another process has recorded
     * changes.
     */
    begin(hasFollowed: boolean) {
      isReading = true;
      if (stored || !hasFollowed) return;
      bounds.forgetUntil(end, dateOf(clock()));
      version++;
    },

    /** Discards what the store has discarded: everything up to these horizons. */
    forget(horizons: Horizons) {
      bounds.horizons = { ...horizons, all: bounds.horizons.all };
      version++;
    },

    /** Returns the time, by the wall clock, since which no change of these kinds was discarded. */
    knownSince: (kinds: readonly Kind[]) => bounds.of(kinds).since,

    /** The position of the last change. */
    get end() {
      return end;
    },

    /** The position of the last durable change; without a store, of the last one. */
    get durableEnd() {
      return stored ? storedEnd : end;
    },

    add(change: Change) {
      const { seq, n } = end;
      const isNext = isClosed || n + 1 === MAX_OF_COMMIT;
      isClosed = false;
      end = isNext ? { term, seq: seq + 1, n: 0 } : { term, seq, n: n + 1 };
      const wall = { notBefore: dateOf(change.notBefore), notAfter: dateOf(change.notAfter) };
      push({ ...change, ...end, wall });
      version++;
    },

    /** Returns the time at which a record is evicted now; undefined while the process follows another one. */
    forgetsAt: () => (isReading ? clock() : undefined),

    /** Whether there are changes not yet passed to a store. */
    get hasUntaken() {
      return untaken < held.length;
    },

    /**
     * Takes the oldest changes not yet passed to a store, all with one `seq`. `lost`: the last change discarded before
     * them.
     */
    take() {
      const rest = held.slice(untaken, untaken + MAX_OF_COMMIT);
      const changes = rest.filter(({ seq }) => seq === rest[0]?.seq);
      untaken += changes.length;
      isClosed ||= untaken >= held.length;
      const taken = { changes, lost };
      lost = undefined;
      return taken;
    },

    /** Records that the store has everything it was given. */
    noteStored() {
      unstored = untaken;
      const last = held[unstored - 1];
      if (!last || !isBefore(storedEnd, last)) return;
      storedEnd = last;
      version++;
    },

    /** Records that the store lacks a change, or may have lost the last ones. */
    noteLoss(last = held[unstored - 1]) {
      if (!last) return;
      lost = last;
      bounds.forgetUntil(last, last.wall.notAfter);
    },

    /** Returns the last change of a field of a record, or of the whole record if `field` is null. */
    last: (key: string, field: string | null) =>
      byRecord.get(key)?.findLast((change) => change.field === field),

    /** Returns whether every change of these kinds after a position is available, and the position existed. */
    async reaches(position: LogPosition, kinds: readonly Kind[]) {
      if (isBefore(position, bounds.of(kinds))) return false;
      if (position.term === term) return !isBefore(end, position);
      return (await stored?.hasCommit(position.term, position.seq)) ?? false;
    },

    /** Reads changes. Rejects with the store's error. */
    async read(query: ChangeQuery): Promise<readonly LoggedChange[]> {
      const { record, kinds, fields, after, limit } = query;
      const until = forgotten;
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
      return isInMemory
        ? here
        : [...(await older({ ...query, after: start }, until)), ...here].slice(0, limit);
    },

    /** Reads all stored changes before a position, newest first. Throws the store's error. */
    async *backwards(before: LogPlace): AsyncGenerator<readonly LoggedChange[]> {
      const query = { kinds, isBackwards: true, limit: 4 * MAX_OF_COMMIT } as const;
      for (let until: LogPlace = { ...before, n: before.n - 1 }; ; ) {
        const last = indexAfter(held, first, until);
        let page: readonly LoggedChange[] = held.slice(Math.max(first, last - query.limit), last).reverse();
        if (page.length === 0) page = await older(query, until);
        const oldest = page.at(-1);
        if (!oldest) return;
        yield page;
        until = { seq: oldest.seq, n: oldest.n - 1 };
      }
    },
  };
}

export type ChangeLog = ReturnType<typeof createChangeLog>;

/** Returns the log of a catalog. Safe: with this capability, all recorders are its logs. */
export const changeLogOf = ({ changeSource }: Catalog): ChangeLog => changeSource as ChangeLog;
