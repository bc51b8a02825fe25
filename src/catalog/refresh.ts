import type { Clock } from "../alma/index.ts";
import type { Entry } from "./entry.ts";
import type { Waiter } from "./flight.ts";
import { type Kind, kinds } from "./kind.ts";
import type { Reader } from "./read.ts";
import { NEVER } from "./source.ts";
import type { Store } from "./store.ts";
import { knownAt, unlisted } from "./unlisted.ts";

/** How background work paces itself. Times in milliseconds. */
export interface Pace {
  /** Every list is read once in this time. */
  readonly listEvery: number;
  /** The age that details are kept under, if the rate allows. */
  readonly maxAge: number;
  /** Calls a second that refreshing may cost, lists included. */
  readonly rate: number;
}

const TICK = 100;
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
  readonly #pace: Pace;
  readonly #today: () => string;
  readonly #warm: (kind: Kind) => boolean;
  /** When each kept kind's list was last asked for, by this or by the first reading. */
  readonly #listedAt = new Map<Kind, number>();
  /** What to read next, last first: what cannot wait, and what has become old. */
  #urgent: Entry[] = [];
  #old: Entry[] = [];
  /** Whether the last detail came from the urgent ones, if it could. */
  #wasUrgent = false;
  #plannedAt = NEVER;
  /** Whether the last thing that was begun to be read is a list. */
  #wasList = false;
  #credit = 0;
  #last: number;
  #timer: NodeJS.Timeout | undefined;
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    store: Store,
    reader: Reader,
    clock: Clock,
    pace: Pace,
    today: () => string,
    warm: (kind: Kind) => boolean,
  ) {
    this.#store = store;
    this.#reader = reader;
    this.#clock = clock;
    this.#pace = pace;
    this.#today = today;
    this.#warm = warm;
    this.#last = clock();
  }

  start(): void {
    this.#last = this.#clock();
    this.#timer = setInterval(() => this.#tick(), TICK);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.allSettled(this.#underWay);
  }

  #tick(): void {
    const now = this.#clock();
    const { rate } = this.#pace;
    // Unused credit is not saved up: after a quiet hour Alma is not stormed.
    this.#credit = Math.min(this.#credit + ((now - this.#last) / 1000) * rate, Math.max(1, rate));
    this.#last = now;
    for (const kind of kinds)
      if (!this.#listedAt.has(kind) && this.#store.tables[kind].listAt !== NEVER)
        this.#listedAt.set(kind, this.#store.tables[kind].listAt);
    const down = this.#reader.brokenFor();
    if (down !== undefined && down > 0) return;
    // Alma is slow: what is under way is as much as a second may hold. Of an Alma that was down one thing is asked.
    const most = down === undefined ? Math.max(1, rate) : 1;
    while (this.#credit >= 1 && this.#underWay.size < most) {
      const work = this.#due(now);
      if (!work) return;
      this.#credit--;
      this.#underWay.add(work);
      const ended = () => this.#underWay.delete(work);
      work.then(ended, ended);
    }
  }

  /** A list if one is due, but after a list a detail comes first: neither keeps the other from its turn. */
  #due(now: number): Promise<void> | undefined {
    const detail = this.#wasList ? this.#detailDue(now) : undefined;
    const list = detail ? undefined : this.#listDue(now);
    this.#wasList = list !== undefined;
    return detail ?? list ?? this.#detailDue(now);
  }

  /** The list that was asked for the longest time ago, if that is too long. */
  #listDue(now: number): Promise<void> | undefined {
    const [[due, askedAt] = []] = [...this.#listedAt].sort(([, a], [, b]) => a - b);
    if (!due || askedAt === undefined || now - askedAt < this.#pace.listEvery) return undefined;
    this.#listedAt.set(due, now);
    return this.#reader.list(due, now, now, BACKGROUND).then(() => {
      this.#plannedAt = this.#clock();
      this.#plan(this.#plannedAt);
    });
  }

  #detailDue(now: number): Promise<void> | undefined {
    for (let entry = this.#next(); entry; entry = this.#next()) {
      const readSince = knownAt(entry) > this.#plannedAt;
      if (!readSince && !this.#reader.reading(entry)) return this.#reader.detail(entry, now, now, BACKGROUND);
    }
    return undefined;
  }

  /** One of each in turn, from plan to plan, and what is left of the longer one. */
  #next(): Entry | undefined {
    this.#wasUrgent = !this.#wasUrgent;
    const [first, other] = this.#wasUrgent ? [this.#urgent, this.#old] : [this.#old, this.#urgent];
    return first.pop() ?? other.pop();
  }

  /** Details younger than this are left alone: the smaller the portfolio, the later a refresh begins. */
  #youngest(records: number): number {
    const { maxAge, rate } = this.#pace;
    const round = (records / rate) * 1000;
    return Math.max(0, Math.min(maxAge / 2, maxAge - 1.25 * round));
  }

  /**
   * Chooses what to read until the next plan: what is unknown or outdated, then what changes today; in turn with them
   * the oldest. So neither can keep the other from being read, however much of it there is. What could not be read is
   * tried again, and what Alma was found not to have when a list had just named it is asked for once more.
   */
  #plan(now: number): void {
    const listed = kinds.filter(this.#warm).flatMap((kind) => this.#store.tables[kind].listed);
    const kept = [...listed, ...unlisted(this.#store)];
    const changing = this.#changingToday();
    const { listEvery } = this.#pace;
    const youngest = this.#youngest(kept.length);
    const unknown: Entry[] = [];
    const today: Entry[] = [];
    const old: Entry[] = [];
    for (const entry of kept) {
      if (entry.failed(Math.max(now - listEvery / 2, entry.newsAt))) continue;
      const at = knownAt(entry);
      const isDoubtful = entry.listed && at === entry.goneAt && at - entry.newsAt < listEvery;
      if (at === NEVER || entry.stands || (isDoubtful && now - at > listEvery)) unknown.push(entry);
      else if (changing.has(entry)) {
        if (now - at > listEvery) today.push(entry);
      } else if (now - at > youngest) old.push(entry);
    }
    this.#urgent = [...byAge(unknown), ...byAge(today)].reverse();
    this.#old = byAge(old).reverse();
  }

  /** Rental objects and clients of contracts that start or end today: their statuses follow the calendar. */
  #changingToday(): ReadonlySet<Entry> {
    const today = this.#today();
    const found = new Set<Entry>();
    const add = (entry: Entry | undefined) => entry && found.add(entry);
    for (const kind of ["ownerContract", "tenantContract"] as const) {
      const { listed, facts } = this.#store.tables[kind];
      const { rentalObject, client } = facts.links;
      for (const { value } of listed) {
        if (value.startDate !== today && value.endDate !== today) continue;
        const object = rentalObject?.(value);
        const person = client?.(value);
        if (object != null) add(this.#store.rentalObject(object));
        if (person != null) add(this.#store.tables.client.peek(person));
      }
    }
    return found;
  }
}

/** The oldest first; of two that were never read neither is. */
function byAge(entries: readonly Entry[]): Entry[] {
  const readAt = ({ detailAt, goneAt }: Entry) => Math.max(detailAt, goneAt);
  return [...entries].sort((a, b) => readAt(a) - readAt(b) || 0);
}
