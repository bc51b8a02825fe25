import type { CachedRecord } from "../record/cached-record.ts";
import { byKind, type Kind, kinds } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import { createOldestFirst, type OldestFirst } from "../store/oldest-first.ts";
import type { Store } from "../store/store.ts";
import { createAgedDetails, latestStart } from "./aged-details.ts";
import { createChangingToday } from "./changing-today.ts";

/** How refreshing is paced. Times in milliseconds. */
export interface RefreshOptions {
  /** Every list is read once in this time. */
  readonly listInterval: number;
  /** The age under which details are kept, if the rate allows it. */
  readonly maxAge: number;
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
    /** All others, by when Alma last answered about them. */
    aged: createAgedDetails(options.maxAge),
  }));
  const changingToday = createChangingToday(store, put);
  /** Records that were taken, until they are put back. */
  const taken = new Set<CachedRecord>();
  /** Whether the urgent details came first when the last one was taken. */
  let wasUrgent = false;

  store.onSettled((cached) => {
    changingToday.note(cached);
    put(cached);
  });

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
    const { urgent, undecided, aged } = lines[cached.kind];
    const dueAt = urgentAt(cached);
    const line = cached.membership ? (dueAt === undefined ? aged : urgent) : undecided;
    for (const other of [urgent, undecided, aged]) if (other !== line) other.delete(cached);
    if (line !== undecided || cached.isUndecided) line.set(cached, dueAt ?? cached.knownAt);
    else line.delete(cached);
  }

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
    return changingToday.has(cached) ? knownAt + listInterval : undefined;
  }

  return {
    /** How many records are in the line or taken. */
    get size(): number {
      return kinds.reduce((sum, kind) => {
        const { listedStates, referredStates } = store.tables[kind];
        return sum + listedStates.size + referredStates.size;
      }, 0);
    },

    /**
     * Takes the next detail of these kinds that is due; undefined if there is none. Alternates between urgent and aged
     * details; if none of one sort is due, takes one of the other. It is in the line again once it is put back.
     */
    take(warmKinds: readonly Kind[], today: string, now: number): CachedRecord | undefined {
      store.settle();
      changingToday.setDay(today);
      const urgent = [
        ...warmKinds.map((kind) => lines[kind].urgent),
        ...kinds.map((kind) => lines[kind].undecided),
      ];
      const aged = warmKinds.map((kind) => lines[kind].aged);
      const takeUrgent = () => takeFirst(urgent, now);
      const takeAged = () =>
        latestStart(aged, options) <= now ? takeFirst(aged.map(({ line }) => line)) : undefined;
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
