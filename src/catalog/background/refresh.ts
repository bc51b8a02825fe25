import type { Clock } from "../../alma/index.ts";
import type { Reader } from "../reading/reader.ts";
import type { Waiter } from "../reading/shared-read.ts";
import type { CachedRecord } from "../store/cached-record.ts";
import { type Kind, kinds } from "../store/kind.ts";
import { NEVER } from "../store/source.ts";
import type { Store } from "../store/store.ts";
import { findUnlisted, knownAt } from "../store/unlisted.ts";

/** How background work paces itself. Times in milliseconds. */
export interface RefreshOptions {
  /** Every list is read once in this time. */
  readonly listInterval: number;
  /** The age that details are kept under, if the rate allows. */
  readonly maxAge: number;
  /** Calls a second that refreshing may cost, lists included. */
  readonly rate: number;
}

const TICK_INTERVAL = 100;
const BACKGROUND: Waiter = { priority: "background", requestId: "refresh" };

/**
 * Keeps the catalog young within a fixed budget of calls: one list call per kind and period, whose differences are
 * read first, then what changes today, then the oldest details. A list is kept from when it was first read, its details
 * from when their first reading is over, and with them what they refer to and no list names.
 */
export class Refresher {
  readonly #store: Store;
  readonly #reader: Reader;
  readonly #clock: Clock;
  readonly #options: RefreshOptions;
  readonly #today: () => string;
  readonly #isWarm: (kind: Kind) => boolean;
  /** When each kept kind's list was last asked for, by this or by the first reading. */
  readonly #listRequestedAt = new Map<Kind, number>();
  /** What to read next, last first: what cannot wait, and what has become old. */
  #urgent: CachedRecord[] = [];
  #oldest: CachedRecord[] = [];
  /** Whether the last detail came from the urgent ones, if it could. */
  #wasUrgent = false;
  #plannedAt = NEVER;
  /** Whether the last thing that was begun to be read is a list. */
  #wasList = false;
  #tokens = 0;
  #lastTickAt: number;
  #timer: NodeJS.Timeout | undefined;
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    store: Store,
    reader: Reader,
    clock: Clock,
    options: RefreshOptions,
    today: () => string,
    isWarm: (kind: Kind) => boolean,
  ) {
    this.#store = store;
    this.#reader = reader;
    this.#clock = clock;
    this.#options = options;
    this.#today = today;
    this.#isWarm = isWarm;
    this.#lastTickAt = clock();
  }

  start(): void {
    this.#lastTickAt = this.#clock();
    this.#timer = setInterval(() => this.#tick(), TICK_INTERVAL);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.allSettled(this.#underWay);
  }

  #tick(): void {
    const now = this.#clock();
    const { rate } = this.#options;
    // Unused credit is not saved up: after a quiet hour Alma is not stormed.
    this.#tokens = Math.min(this.#tokens + ((now - this.#lastTickAt) / 1000) * rate, Math.max(1, rate));
    this.#lastTickAt = now;
    for (const kind of kinds)
      if (!this.#listRequestedAt.has(kind) && this.#store.tables[kind].listAt !== NEVER)
        this.#listRequestedAt.set(kind, this.#store.tables[kind].listAt);
    const unavailableFor = this.#reader.downFor();
    if (unavailableFor !== undefined && unavailableFor > 0) return;
    // Alma is slow: what is under way is as much as a second may hold. Of an Alma that was down one thing is asked.
    const maxUnderWay = unavailableFor === undefined ? Math.max(1, rate) : 1;
    while (this.#tokens >= 1 && this.#underWay.size < maxUnderWay) {
      const read = this.#startNext(now);
      if (!read) return;
      this.#tokens--;
      this.#underWay.add(read);
      const onEnd = () => this.#underWay.delete(read);
      read.then(onEnd, onEnd);
    }
  }

  /** A list if one is due, but after a list a detail comes first: neither keeps the other from its turn. */
  #startNext(now: number): Promise<void> | undefined {
    const detail = this.#wasList ? this.#startDueDetail(now) : undefined;
    const list = detail ? undefined : this.#startDueList(now);
    this.#wasList = list !== undefined;
    return detail ?? list ?? this.#startDueDetail(now);
  }

  /** The list that was asked for the longest time ago, if that is too long. */
  #startDueList(now: number): Promise<void> | undefined {
    const [[due, requestedAt] = []] = [...this.#listRequestedAt].sort(([, a], [, b]) => a - b);
    if (!due || requestedAt === undefined || now - requestedAt < this.#options.listInterval) return undefined;
    this.#listRequestedAt.set(due, now);
    return this.#reader.readList(due, now, now, BACKGROUND).then(() => {
      this.#plannedAt = this.#clock();
      this.#plan(this.#plannedAt);
    });
  }

  #startDueDetail(now: number): Promise<void> | undefined {
    for (let cached = this.#nextRecord(); cached; cached = this.#nextRecord()) {
      const readSince = knownAt(cached) > this.#plannedAt;
      if (!readSince && !this.#reader.isReadingDetail(cached))
        return this.#reader.readDetail(cached, now, now, BACKGROUND);
    }
    return undefined;
  }

  /** One of each in turn, from plan to plan, and what is left of the longer one. */
  #nextRecord(): CachedRecord | undefined {
    this.#wasUrgent = !this.#wasUrgent;
    const [first, other] = this.#wasUrgent ? [this.#urgent, this.#oldest] : [this.#oldest, this.#urgent];
    return first.pop() ?? other.pop();
  }

  /** Details younger than this are left alone: the smaller the portfolio, the later a refresh begins. */
  #minAge(recordCount: number): number {
    const { maxAge, rate } = this.#options;
    const roundDuration = (recordCount / rate) * 1000;
    return Math.max(0, Math.min(maxAge / 2, maxAge - 1.25 * roundDuration));
  }

  /**
   * Chooses what to read until the next plan: what is unknown or outdated, then what changes today; in turn with them
   * the oldest. So neither can keep the other from being read, however much of it there is. What could not be read is
   * tried again, and what Alma was found not to have when a list had just named it is asked for once more.
   */
  #plan(now: number): void {
    const listed = kinds.filter(this.#isWarm).flatMap((kind) => this.#store.tables[kind].listed);
    const maintained = [...listed, ...findUnlisted(this.#store)];
    const changing = this.#findChangingToday();
    const { listInterval } = this.#options;
    const minAge = this.#minAge(maintained.length);
    const unknown: CachedRecord[] = [];
    const today: CachedRecord[] = [];
    const old: CachedRecord[] = [];
    for (const cached of maintained) {
      if (cached.failureSince(Math.max(now - listInterval / 2, cached.changeReportedAt))) continue;
      const readAt = knownAt(cached);
      const isDoubtful =
        cached.isListed && readAt === cached.goneAt && readAt - cached.changeReportedAt < listInterval;
      if (readAt === NEVER || cached.servesSuperseded || (isDoubtful && now - readAt > listInterval))
        unknown.push(cached);
      else if (changing.has(cached)) {
        if (now - readAt > listInterval) today.push(cached);
      } else if (now - readAt > minAge) old.push(cached);
    }
    this.#urgent = [...byAge(unknown), ...byAge(today)].reverse();
    this.#oldest = byAge(old).reverse();
  }

  /** Rental objects and clients of contracts that start or end today: their statuses follow the calendar. */
  #findChangingToday(): ReadonlySet<CachedRecord> {
    const today = this.#today();
    const changing = new Set<CachedRecord>();
    const add = (cached: CachedRecord | undefined) => cached && changing.add(cached);
    for (const kind of ["ownerContract", "tenantContract"] as const) {
      const { listed, definition } = this.#store.tables[kind];
      const { rentalObject, client } = definition.relations;
      for (const { value } of listed) {
        if (value.startDate !== today && value.endDate !== today) continue;
        const objectId = rentalObject?.idOf(value);
        const clientId = client?.idOf(value);
        if (objectId != null) add(this.#store.findRentalObject(objectId));
        if (clientId != null) add(this.#store.tables.client.get(clientId));
      }
    }
    return changing;
  }
}

/** The oldest first; of two that were never read neither is. */
function byAge(records: readonly CachedRecord[]): CachedRecord[] {
  const readAt = ({ detailAt, goneAt }: CachedRecord) => Math.max(detailAt, goneAt);
  return [...records].sort((a, b) => readAt(a) - readAt(b) || 0);
}
