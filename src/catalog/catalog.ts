import type { Alma, AlmaError, Clock } from "../alma/index.ts";
import type { Entry } from "./entry.ts";
import { type Kind, kinds } from "./kind.ts";
import { load, type Outcome } from "./load.ts";
import { Lookup } from "./lookup.ts";
import { MemberFinder, type Members, type Membership } from "./members.ts";
import { type Freshness, Operation } from "./operation.ts";
import type { Want } from "./plan.ts";
import type { FirstReading } from "./progress.ts";
import { Reader } from "./read.ts";
import { Readiness } from "./readiness.ts";
import { Refresher } from "./refresh.ts";
import { type KindStatus, statusOf } from "./status.ts";
import { type Found, Store } from "./store.ts";
import { touch, type Written } from "./touch.ts";
import { WarmUp } from "./warm-up.ts";

/** How the catalog is to work. Times in milliseconds. */
export interface CatalogOptions {
  readonly alma: Alma;
  readonly clock: Clock;
  /** Whether background work reads everything once and keeps it young. */
  readonly background: boolean;
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
  readonly listEvery?: number;
  /** Told why the first reading of a list fails, once for each list and reason. */
  readonly onFailure?: (error: AlmaError) => void;
}

/** Clocks drift apart by less, in ms, unless one of them is set. */
const CLOCK_SET = 500;

/** What is known of Alma, and since when. One per process. */
export class Catalog {
  readonly store = new Store();
  readonly clock: Clock;
  readonly #options: CatalogOptions;
  readonly #reader: Reader;
  readonly #lookup: Lookup;
  readonly #finder: MemberFinder;
  /** Without background work there is no first reading to wait for. */
  readonly #readiness: Readiness | undefined;
  readonly #warmUp: WarmUp | undefined;
  readonly #refresher: Refresher | undefined;
  #background: Promise<void> | undefined;
  /** By how much the calendar's clock is ahead. */
  #apart: number;
  /** How many writes have touched each kind. */
  readonly #writes = new Map<Kind, number>();

  constructor(options: CatalogOptions) {
    const {
      alma,
      clock,
      background,
      catalogMaxAge,
      refreshRate,
      warmUpConcurrency,
      today,
      onFailure,
      listEvery = Math.min(30_000, catalogMaxAge / 2),
    } = options;
    this.#options = options;
    this.clock = clock;
    this.#apart = Date.now() - clock();
    this.#reader = new Reader(alma, this.store, clock);
    this.#lookup = new Lookup(this.store, this.#reader);
    if (background) {
      const pace = { listEvery, maxAge: catalogMaxAge, rate: refreshRate };
      const readiness = new Readiness(this.store);
      const warm = (kind: Kind) => readiness.warm(kind);
      this.#readiness = readiness;
      this.#warmUp = new WarmUp(this.store, this.#reader, readiness, clock, warmUpConcurrency, onFailure);
      this.#refresher = new Refresher(this.store, this.#reader, clock, pace, today, warm);
    }
    this.#finder = new MemberFinder(this.store, this.#reader, this.#readiness);
  }

  /**
   * A time of the clock as a moment of the calendar: the same for the same reading in every answer, as long as nobody
   * sets the calendar's clock.
   */
  moment(at: number): Date {
    const apart = Date.now() - this.clock();
    if (Math.abs(apart - this.#apart) > CLOCK_SET) this.#apart = apart;
    return new Date(this.#apart + at);
  }

  /** Begins the background work, if there is any: of each kind a first reading, then refreshing without end. */
  start(): void {
    if (this.#background) return;
    this.#background = this.#warmUp?.run();
    this.#refresher?.start();
  }

  /** Ends the background work, and every read under way. */
  async stop(): Promise<void> {
    this.#warmUp?.stop();
    const refreshed = this.#refresher?.stop();
    this.#reader.stop();
    // Reads that it waits for end with the reason that the gateway is closing.
    await Promise.allSettled([refreshed, this.#background]);
  }

  /** Begins an operation of a caller, which may cost as many calls as the settings say, or as `most` does. */
  operation(requestId: string, freshness?: Freshness, most?: number): Operation {
    const { maxAge, maxCalls: usual, catalogMaxAge } = this.#options;
    const maxCalls = most ?? usual;
    const promises = { maxAge, connectionAge: catalogMaxAge, kept: this.#kept(), maxCalls };
    return new Operation(this.clock, promises, requestId, freshness);
  }

  /** Reads what an operation wants with the fewest calls; the outcomes are in the order of the wants. */
  load(operation: Operation, wants: readonly Want[]): Promise<Outcome[]> {
    return load(this.store, this.#reader, operation, wants, this.#readiness);
  }

  /** Finds the candidates of a connection; without a promise if nothing has to be read. */
  members(operation: Operation, membership: Membership): Members | Promise<Members> {
    this.#rest(operation, membership.kind);
    return this.#finder.find(operation, membership);
  }

  /**
   * What an operation waits for that needs what others refer to and no list names, while all that is read for the
   * first time. Throws CATALOG_WARMING if the operation's time is over before.
   */
  readyUnlisted(operation: Operation): Promise<void> | undefined {
    return this.#readiness?.readyUnlisted(operation);
  }

  /** Reads the list of a kind, unless it is known as of a time after `cutoff`. Throws AlmaError. */
  readList(operation: Operation, kind: Kind, cutoff: number): Promise<void> {
    return this.#finder.readList(operation, kind, cutoff);
  }

  /** The record of a Bitrix id, as Alma itself looks it up. Undefined: there is none. Throws AlmaError. */
  async lookup(...asked: Parameters<Catalog["find"]>): Promise<Entry | undefined> {
    return (await this.find(...asked)).entry;
  }

  /** As `lookup`, with the time of Alma's answer. */
  find(operation: Operation, kind: Kind, externalId: string, cutoff: number): Promise<Found> {
    this.#rest(operation, kind);
    return this.#lookup.find(operation, kind, externalId, cutoff);
  }

  /** The unit or room that fits a Bitrix id best, as Alma itself chooses it. Alma: Rental object. Throws AlmaError. */
  async rentalObject(...asked: Parameters<Catalog["findRentalObject"]>): Promise<Entry | undefined> {
    return (await this.findRentalObject(...asked)).entry;
  }

  /** As `rentalObject`, with the time of Alma's answer. */
  findRentalObject(operation: Operation, externalId: string, cutoff: number): Promise<Found> {
    this.#rest(operation, "unit", "room");
    return this.#lookup.rentalObject(operation, externalId, cutoff);
  }

  /**
   * Notes that a write has ended (one that Alma has done, or may have done): from now on nothing is served that was
   * read before and that it may have changed, on any path.
   */
  wrote(written: Written): void {
    const touched = touch(this.store, this.#options.alma, written, this.clock());
    for (const kind of touched) this.#writes.set(kind, this.#writesTo(kind) + 1);
  }

  /** Whether a write has ended that touches a kind by whose index an operation has found something. */
  overtaken({ rests }: Operation): boolean {
    for (const [kind, before] of rests) if (this.#writesTo(kind) !== before) return true;
    return false;
  }

  #writesTo(kind: Kind): number {
    return this.#writes.get(kind) ?? 0;
  }

  #rest(operation: Operation, ...on: readonly Kind[]): void {
    for (const kind of on) if (!operation.rests.has(kind)) operation.rests.set(kind, this.#writesTo(kind));
  }

  /**
   * Notes a write of which nobody knows whether, or when, Alma did it: it counts as ending now, and once more when
   * `patience` milliseconds have passed.
   */
  undecided(written: Written, patience: number): void {
    this.wrote(written);
    setTimeout(() => this.wrote(written), patience).unref();
  }

  /** How far the first reading of everything is. */
  progress(): FirstReading {
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
  #kept(): boolean {
    if (!this.#readiness || this.#reader.brokenFor() !== undefined) return false;
    return kinds.some((kind) => this.store.tables[kind].listFailure === undefined);
  }
}
