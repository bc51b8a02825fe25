import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kinds } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import { OldestFirst } from "../store/oldest-first.ts";
import type { Store } from "../store/store.ts";
import { AgedDetails, latestStart } from "./aged-details.ts";
import { ChangingToday } from "./changing-today.ts";

/** How refreshing is paced. Times in milliseconds. */
export interface RefreshOptions {
  /** Every list is read once in this time. */
  readonly listInterval: number;
  /** The age under which details are kept, if the rate allows it. */
  readonly maxAge: number;
  /** Calls a second that refreshing may make, lists included. */
  readonly rate: number;
}

/** The details of one kind that are to be read. */
interface KindLine {
  /** Details that are unknown, stale or change today, and those whose last read failed: by when they are due. */
  readonly urgent: OldestFirst;
  /** All others, by when Alma last answered about them. */
  readonly aged: AgedDetails;
}

/**
 * The details of listed records, and of unlisted ones that these refer to, in the order of their refresh. A record is
 * put in its place whenever it changes.
 *
 * A detail that could not be read is due again after half a `listInterval`, or at once when its list entry changes. A
 * listed record that was gone when its detail was read is read once more, since Alma may have answered wrongly.
 */
export class RefreshLine {
  readonly #store: Store;
  readonly #options: RefreshOptions;
  readonly #lines: Readonly<Record<Kind, KindLine>>;
  readonly #changingToday: ChangingToday;
  /** Records that were taken, until they are put back. */
  readonly #taken = new Set<CachedRecord>();
  /** Whether the urgent details came first when the last one was taken. */
  #wasUrgent = false;

  constructor(store: Store, options: RefreshOptions) {
    this.#store = store;
    this.#options = options;
    this.#lines = Object.fromEntries(
      kinds.map((kind) => [kind, { urgent: new OldestFirst(), aged: new AgedDetails(options.maxAge) }]),
    ) as Record<Kind, KindLine>;
    this.#changingToday = new ChangingToday(store, (cached) => this.#put(cached));
    store.onSettled((cached) => {
      this.#changingToday.note(cached);
      this.#put(cached);
    });
  }

  /** How many records are in the line or taken. */
  get size(): number {
    return kinds.reduce((sum, kind) => {
      const { listedStates, referredStates } = this.#store.tables[kind];
      return sum + listedStates.size + referredStates.size;
    }, 0);
  }

  /**
   * Takes the next detail of these kinds that is due; undefined if there is none. Alternates between urgent and aged
   * details; if none of one sort is due, takes one of the other. It is in the line again once it is put back.
   */
  take(warmKinds: readonly Kind[], today: string, now: number): CachedRecord | undefined {
    this.#store.settle();
    this.#changingToday.setDay(today);
    const lines = warmKinds.map((kind) => this.#lines[kind]);
    const takeUrgent = () =>
      this.#takeFirst(
        lines.map(({ urgent }) => urgent),
        now,
      );
    const takeAged = () => {
      const aged = lines.map((line) => line.aged);
      return latestStart(aged, this.#options) <= now
        ? this.#takeFirst(aged.map(({ line }) => line))
        : undefined;
    };
    this.#wasUrgent = !this.#wasUrgent;
    return this.#wasUrgent ? (takeUrgent() ?? takeAged()) : (takeAged() ?? takeUrgent());
  }

  /** Puts a taken record back into its place. */
  putBack(cached: CachedRecord): void {
    this.#taken.delete(cached);
    this.#put(cached);
  }

  /** Takes the first record of these lines whose time is before `time`. */
  #takeFirst(lines: readonly OldestFirst[], time = Number.POSITIVE_INFINITY): CachedRecord | undefined {
    let first: OldestFirst | undefined;
    for (const line of lines) if (line.firstAt < (first?.firstAt ?? time)) first = line;
    const cached = first?.first;
    if (!first || !cached) return undefined;
    this.#taken.add(cached);
    this.#lines[cached.kind].urgent.delete(cached);
    this.#lines[cached.kind].aged.delete(cached);
    return cached;
  }

  #put(cached: CachedRecord): void {
    if (cached.slot === -1 || this.#taken.has(cached)) return;
    const { urgent, aged } = this.#lines[cached.kind];
    const dueAt = cached.membership && this.#urgentAt(cached);
    if (dueAt === undefined) urgent.delete(cached);
    else urgent.set(cached, dueAt);
    if (cached.membership && dueAt === undefined) aged.set(cached, cached.knownAt);
    else aged.delete(cached);
  }

  /** When a detail is due before others that are as old; undefined if it is not. */
  #urgentAt(cached: CachedRecord): number | undefined {
    const { listInterval, maxAge } = this.#options;
    const { knownAt, changeReportedAt, detailAt, goneAt, failure } = cached;
    if (failure && cached.failureSince(changeReportedAt)) {
      const retryAt = failure.at + listInterval / 2;
      return knownAt === NEVER ? retryAt : Math.max(retryAt, knownAt + maxAge / 2);
    }
    if (knownAt === NEVER || cached.servesSuperseded) return Math.max(detailAt, goneAt);
    const isDoubtfullyGone =
      cached.isListed && knownAt === goneAt && knownAt - changeReportedAt < listInterval;
    return isDoubtfullyGone || this.#changingToday.has(cached) ? knownAt + listInterval : undefined;
  }
}
