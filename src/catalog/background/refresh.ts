import type { Clock } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kinds } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import type { Reader } from "../shared-read/reader.ts";
import type { Waiter } from "../shared-read/shared-read.ts";
import type { Store } from "../store/store.ts";
import { foreseeCost, type RefreshCost } from "./refresh-cost.ts";
import { RefreshLine, type RefreshOptions } from "./refresh-line.ts";
import type { Touches } from "./touches.ts";

/** Milliseconds. */
const TICK_INTERVAL = 100;
const BACKGROUND: Waiter = { priority: "background", requestId: "refresh" };

/**
 * Keeps the catalog up to date at a fixed rate of calls. After the warm-up has read a list, it is read again in every
 * `listInterval`. Details are read once the warm-up of their kind is over, as long as the kind is kept (see `Demand`).
 */
export class Refresher {
  readonly #store: Store;
  readonly #reader: Reader;
  readonly #clock: Clock;
  readonly #options: RefreshOptions;
  readonly #today: () => string;
  readonly #isMaintained: (kind: Kind) => boolean;
  readonly #onCost: (cost: RefreshCost) => void;
  /** Whether it was foreseen what the refresh costs, which is done once. */
  #isCostForeseen = false;
  /** When a read of each list was last started, by the refresh or by the warm-up. */
  readonly #listRequestedAt = new Map<Kind, number>();
  readonly #line: RefreshLine;
  /** Whether the last read that was started was a list's. */
  #wasList = false;
  #wasTouched = false;
  readonly #touches: Touches;
  /** Calls that may be made now (a token bucket). */
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
    isMaintained: (kind: Kind) => boolean,
    touches: Touches,
    onCost: (cost: RefreshCost) => void = () => {},
  ) {
    this.#store = store;
    this.#reader = reader;
    this.#clock = clock;
    this.#options = options;
    this.#today = today;
    this.#isMaintained = isMaintained;
    this.#touches = touches;
    this.#onCost = onCost;
    this.#line = new RefreshLine(store, options);
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
    // At most a second's tokens are saved up, so that no burst follows a quiet hour.
    this.#tokens = Math.min(this.#tokens + ((now - this.#lastTickAt) / 1000) * rate, Math.max(1, rate));
    this.#lastTickAt = now;
    for (const kind of kinds)
      if (!this.#listRequestedAt.has(kind) && this.#store.tables[kind].listAt !== NEVER)
        this.#listRequestedAt.set(kind, this.#store.tables[kind].listAt);
    this.#foreseeCost();
    const downFor = this.#reader.downFor();
    if (downFor !== undefined && downFor > 0) return;
    // However slow Alma is, at most one second's reads are under way. An Alma that is down is sent one, as a probe.
    const maxUnderWay = downFor === undefined ? Math.max(1, rate) : 1;
    while (this.#tokens >= 1 && this.#underWay.size < maxUnderWay) {
      const read = this.#startNext(now);
      if (!read) return;
      this.#tokens--;
      this.#underWay.add(read);
      const onEnd = () => this.#underWay.delete(read);
      read.then(onEnd, onEnd);
    }
  }

  /** Once all lists are known, it is known how many records there are. */
  #foreseeCost(): void {
    if (this.#isCostForeseen || this.#listRequestedAt.size < kinds.length) return;
    this.#isCostForeseen = true;
    this.#onCost(foreseeCost(this.#line.size, this.#options));
  }

  /** Starts the next read. Every second one is of what somebody says has changed, as long as there is any. */
  #startNext(now: number): Promise<void> | undefined {
    this.#wasTouched = !this.#wasTouched;
    return this.#wasTouched
      ? (this.#touches.startNext(now) ?? this.#startDue(now))
      : (this.#startDue(now) ?? this.#touches.startNext(now));
  }

  /** Starts the next read that is due: a list before a detail, but after a list a detail, so that neither starves. */
  #startDue(now: number): Promise<void> | undefined {
    const detail = this.#wasList ? this.#startDueDetail(now) : undefined;
    const list = detail ? undefined : this.#startDueList(now);
    this.#wasList = list !== undefined;
    return detail ?? list ?? this.#startDueDetail(now);
  }

  /** Starts the list whose last read was started longest ago, if that was at least a `listInterval` ago. */
  #startDueList(now: number): Promise<void> | undefined {
    const [[due, requestedAt] = []] = [...this.#listRequestedAt].sort(([, a], [, b]) => a - b);
    if (!due || requestedAt === undefined || now - requestedAt < this.#options.listInterval) return undefined;
    this.#listRequestedAt.set(due, now);
    return this.#reader.readList(due, now, now, BACKGROUND);
  }

  #startDueDetail(now: number): Promise<void> | undefined {
    const warmKinds = kinds.filter(this.#isMaintained);
    const othersRead: CachedRecord[] = [];
    let cached = this.#line.take(warmKinds, this.#today(), now);
    for (
      ;
      cached && this.#reader.isReadingDetail(cached);
      cached = this.#line.take(warmKinds, this.#today(), now)
    )
      othersRead.push(cached);
    for (const other of othersRead) this.#line.putBack(other);
    const due = cached;
    return due && this.#reader.readDetail(due, now, now, BACKGROUND).finally(() => this.#line.putBack(due));
  }
}
