import type { Alma, AlmaError, Clock } from "../alma/index.ts";
import { Refresher } from "./background/refresh.ts";
import { type KindStatus, statusOf } from "./background/status.ts";
import { WarmUp } from "./background/warm-up.ts";
import type { Freshness } from "./reading/freshness.ts";
import { load, type Outcome } from "./reading/load.ts";
import { RecordLookup } from "./reading/lookup.ts";
import { MemberFinder, type MemberQuery, type Members } from "./reading/members.ts";
import { Operation } from "./reading/operation.ts";
import type { WarmUpProgress } from "./reading/progress.ts";
import type { ReadRequest } from "./reading/read-plan.ts";
import { Reader } from "./reading/reader.ts";
import { Readiness } from "./reading/readiness.ts";
import type { CachedRecord } from "./store/cached-record.ts";
import { type CompletedWrite, invalidate } from "./store/invalidate.ts";
import { type Kind, kinds } from "./store/kind.ts";
import { type LookupResult, Store } from "./store/store.ts";

/** How the catalog is to work. Times in milliseconds. */
export interface CatalogOptions {
  readonly alma: Alma;
  readonly clock: Clock;
  /** Whether background work reads everything once and keeps it young. */
  readonly hasBackgroundWork: boolean;
  /** The oldest that a record named in a query, and what it points to, may be. */
  readonly maxAge: number;
  /** The age under which what is reached through connections is kept. */
  readonly catalogMaxAge: number;
  /** Calls a second that keeping it young may cost. */
  readonly refreshRate: number;
  readonly warmUpConcurrency: number;
  /** Calls that one operation may cost. */
  readonly maxCalls: number;
  /** Today's date, `YYYY-MM-DD`, where the portfolio is. */
  readonly today: () => string;
  /** How often each list is read; if not given every 30,000, or more often where `catalogMaxAge` asks for it. */
  readonly listInterval?: number;
  /** Told why the first reading of a list fails, once for each list and reason. */
  readonly onListFailure?: (error: AlmaError) => void;
}

/** Clocks drift apart by less, in ms, unless one of them is set. */
const MAX_CLOCK_DRIFT = 500;

/** What is known of Alma, and since when. One per process. */
export class Catalog {
  readonly store = new Store();
  readonly clock: Clock;
  readonly #options: CatalogOptions;
  readonly #reader: Reader;
  readonly #lookup: RecordLookup;
  readonly #finder: MemberFinder;
  /** Without background work there is no first reading to wait for. */
  readonly #readiness: Readiness | undefined;
  readonly #warmUp: WarmUp | undefined;
  readonly #refresher: Refresher | undefined;
  #warmUpDone: Promise<void> | undefined;
  /** By how much the calendar's clock is ahead. */
  #clockOffset: number;

  constructor(options: CatalogOptions) {
    const {
      alma,
      clock,
      hasBackgroundWork,
      catalogMaxAge,
      refreshRate,
      warmUpConcurrency,
      today,
      onListFailure,
      listInterval = Math.min(30_000, catalogMaxAge / 2),
    } = options;
    this.#options = options;
    this.clock = clock;
    this.#clockOffset = Date.now() - clock();
    this.#reader = new Reader(alma, this.store, clock);
    this.#lookup = new RecordLookup(this.store, this.#reader);
    if (hasBackgroundWork) {
      const pace = { listInterval, maxAge: catalogMaxAge, rate: refreshRate };
      const readiness = new Readiness(this.store);
      const isWarm = (kind: Kind) => readiness.isWarm(kind);
      this.#readiness = readiness;
      this.#warmUp = new WarmUp(this.store, this.#reader, readiness, clock, warmUpConcurrency, onListFailure);
      this.#refresher = new Refresher(this.store, this.#reader, clock, pace, today, isWarm);
    }
    this.#finder = new MemberFinder(this.store, this.#reader, this.#readiness);
  }

  /**
   * A time of the clock as a moment of the calendar: the same for the same reading in every answer, as long as nobody
   * sets the calendar's clock.
   */
  toDate(at: number): Date {
    const offset = Date.now() - this.clock();
    if (Math.abs(offset - this.#clockOffset) > MAX_CLOCK_DRIFT) this.#clockOffset = offset;
    return new Date(this.#clockOffset + at);
  }

  /** Begins the background work, if there is any: of each kind a first reading, then refreshing without end. */
  start(): void {
    if (this.#warmUpDone) return;
    this.#warmUpDone = this.#warmUp?.run();
    this.#refresher?.start();
  }

  /** Ends the background work, and every read under way. */
  async stop(): Promise<void> {
    this.#warmUp?.stop();
    const refreshed = this.#refresher?.stop();
    this.#reader.stop();
    // Reads that it waits for end with the reason that the gateway is closing.
    await Promise.allSettled([refreshed, this.#warmUpDone]);
  }

  /** Begins an operation of a caller, which may cost as many calls as the settings say, or as `most` does. */
  beginOperation(requestId: string, freshness?: Freshness, callLimit?: number): Operation {
    const { maxAge, maxCalls: defaultMaxCalls, catalogMaxAge } = this.#options;
    const maxCalls = callLimit ?? defaultMaxCalls;
    const limits = { maxAge, connectionAge: catalogMaxAge, isMaintained: this.#isMaintained(), maxCalls };
    return new Operation(this.clock, limits, requestId, freshness);
  }

  /** Reads what an operation wants with the fewest calls; the outcomes are in the order of the wants. */
  load(operation: Operation, requests: readonly ReadRequest[]): Promise<Outcome[]> {
    return load(this.store, this.#reader, operation, requests, this.#readiness);
  }

  /** Finds the candidates of a connection; without a promise if nothing has to be read. */
  findMembers(operation: Operation, query: MemberQuery): Members | Promise<Members> {
    return this.#finder.findMembers(operation, query);
  }

  /**
   * What an operation waits for that needs what others refer to and no list names, while all that is read for the
   * first time. Throws CATALOG_WARMING if the operation's time is over before.
   */
  waitForUnlisted(operation: Operation): Promise<void> | undefined {
    return this.#readiness?.waitForUnlisted(operation);
  }

  /** Reads the list of a kind, unless it is known as of a time after `cutoff`. Throws AlmaError. */
  readList(operation: Operation, kind: Kind, cutoff: number): Promise<void> {
    return this.#finder.readList(operation, kind, cutoff);
  }

  /** The record of a Bitrix id, as Alma itself looks it up. Undefined: there is none. Throws AlmaError. */
  async findRecord(...args: Parameters<Catalog["lookUp"]>): Promise<CachedRecord | undefined> {
    return (await this.lookUp(...args)).record;
  }

  /** As `lookup`, with the time of Alma's answer. */
  lookUp(operation: Operation, kind: Kind, externalId: string, cutoff: number): Promise<LookupResult> {
    return this.#lookup.lookUp(operation, kind, externalId, cutoff);
  }

  /** The unit or room that fits a Bitrix id best, as Alma itself chooses it. Alma: Rental object. Throws AlmaError. */
  async findRentalRecord(
    ...args: Parameters<Catalog["lookUpRentalObject"]>
  ): Promise<CachedRecord | undefined> {
    return (await this.lookUpRentalObject(...args)).record;
  }

  /** As `rentalObject`, with the time of Alma's answer. */
  lookUpRentalObject(operation: Operation, externalId: string, cutoff: number): Promise<LookupResult> {
    return this.#lookup.lookUpRentalObject(operation, externalId, cutoff);
  }

  /**
   * Notes that a write has ended (one that Alma has done, or may have done): from now on nothing is served that was
   * read before and that it may have changed, on any path.
   */
  noteWrite(write: CompletedWrite): void {
    invalidate(this.store, write, this.clock());
  }

  /**
   * Notes a write of which nobody knows whether, or when, Alma did it: it counts as ending now, and once more when
   * `patience` milliseconds have passed.
   */
  noteUnacknowledgedWrite(write: CompletedWrite, timeout: number): void {
    this.noteWrite(write);
    setTimeout(() => this.noteWrite(write), timeout).unref();
  }

  /** How far the first reading of everything is. */
  progress(): WarmUpProgress {
    return this.#readiness?.progress() ?? { warm: true, kinds: [] };
  }

  /** How young what is known of each kind is. */
  status(): KindStatus[] {
    return statusOf(this.store, this.clock());
  }

  /**
   * Whether background work keeps what is known young. It may lag behind; but what is older than its promised age is
   * not served any more when Alma is down, or answers no list at all.
   */
  #isMaintained(): boolean {
    if (!this.#readiness || this.#reader.downFor() !== undefined) return false;
    return kinds.some((kind) => this.store.tables[kind].listFailure === undefined);
  }
}
