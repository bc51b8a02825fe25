import type { Clock } from "../alma/index.ts";
import { createRefresher } from "./background/refresh.ts";
import { type KindStatus, statusOf } from "./background/status.ts";
import { createTouches, type Touches } from "./background/touches.ts";
import { createWarmUp } from "./background/warm-up.ts";
import type { CatalogOptions } from "./catalog-options.ts";
import { Dates } from "./dates.ts";
import { createWrittenCatalog, type WrittenCatalog } from "./entry/catalog-entries.ts";
import { type ChangeLog, createChangeLog } from "./history/change-log.ts";
import type { AnswerBasis, Standing } from "./operation/answer-basis.ts";
import type { Explanation } from "./operation/explanation.ts";
import type { Freshness } from "./operation/freshness.ts";
import { Operation } from "./operation/operation.ts";
import type { ReadRequest } from "./operation/read-plan.ts";
import { createDemand } from "./readiness/demand.ts";
import type { WarmUpProgress } from "./readiness/progress.ts";
import { createReadiness, type Readiness } from "./readiness/readiness.ts";
import { load, type Outcome } from "./reading/load.ts";
import { createRecordLookup } from "./reading/lookup.ts";
import { createMemberFinder, type MemberFinder } from "./reading/members.ts";
import { createWarmUpWait, type WarmUpWait } from "./reading/warm-up-wait.ts";
import type { CachedRecord } from "./record/cached-record.ts";
import type { WriteCause } from "./record/change.ts";
import { type Kind, kinds } from "./record/kind.ts";
import { createLookupReader } from "./shared-read/lookup-reader.ts";
import { createReader, type Reader } from "./shared-read/reader.ts";
import { SingleFlight } from "./shared-read/single-flight.ts";
import type { CompletedWrite } from "./store/affected-records.ts";
import type { LookupKind } from "./store/lookup-cache.ts";
import { type LookupResult, Store } from "./store/store.ts";

/** In milliseconds: for so long, an answer with data older than CATALOG_MAX_AGE is given again. */
const MAX_LAGGING_TIME = 30_000;

/** What is known of Alma, and since when. One per process. */
export class Catalog {
  readonly store: Store;
  /** What was seen to change in Alma. */
  readonly changeLog: ChangeLog;
  readonly clock: Clock;
  /** What is known, for other processes. */
  readonly written: WrittenCatalog;
  /** What its times are in dates. */
  readonly dates: Dates;
  readonly warmUpWait: WarmUpWait;
  /** What somebody says has changed; undefined where nothing is read in the background. */
  readonly touches: Touches | undefined;
  readonly #options: CatalogOptions;
  readonly #reader: Reader;
  readonly #lookUp: ReturnType<typeof createRecordLookup>;
  readonly findMembers: MemberFinder["findMembers"];
  readonly findMembersBelow: MemberFinder["findMembersBelow"];
  readonly isComplete: MemberFinder["isComplete"];
  readonly #readList: MemberFinder["readList"];
  /** Undefined without background work: there is no warm-up to wait for. */
  readonly #readiness: Readiness | undefined;
  readonly #warmUp: ReturnType<typeof createWarmUp> | undefined;
  readonly #refresher: ReturnType<typeof createRefresher> | undefined;
  #warmUpDone: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: CatalogOptions) {
    const {
      alma,
      clock,
      hasBackgroundWork,
      catalogMaxAge,
      refreshRate,
      refresh = "steady",
      warmUpConcurrency,
      almaConcurrency = warmUpConcurrency,
      today,
      onListFailure,
      onRefreshCost,
      listInterval = Math.min(30_000, catalogMaxAge / 2),
    } = options;
    this.#options = options;
    this.clock = clock;
    this.dates = new Dates(clock);
    this.changeLog = createChangeLog(clock, options.historyMemory, (at) => this.dates.of(at).getTime());
    this.store = new Store(alma.slices, this.changeLog);
    this.written = createWrittenCatalog(this.store, clock);
    const sharedReads = new SingleFlight();
    this.#reader = createReader(alma, this.store, clock, sharedReads);
    const lookupReader = createLookupReader(alma, this.store, clock, this.#reader, sharedReads);
    this.#lookUp = createRecordLookup(this.store, lookupReader);
    if (hasBackgroundWork) {
      const demand = createDemand(clock, refresh === "steady");
      this.written.asked = demand;
      const readiness = createReadiness(this.store, demand, () => this.written.hasEntries);
      const isMaintained = (kind: Kind) => readiness.isWarm(kind) && demand.isMaintained(kind);
      this.#readiness = readiness;
      const calls = { unawaited: warmUpConcurrency, awaited: Math.max(warmUpConcurrency, almaConcurrency) };
      const pace = { listInterval, maxAge: catalogMaxAge, rate: refreshRate };
      const knows = [this.store, this.#reader] as const;
      this.touches = createTouches(...knows, lookupReader);
      this.#warmUp = createWarmUp(...knows, readiness, clock, calls, catalogMaxAge, onListFailure);
      const { touches } = this;
      this.#refresher = createRefresher(...knows, clock, pace, today, isMaintained, touches, onRefreshCost);
    }
    const finder = createMemberFinder(this.store, this.#reader, this.#readiness);
    this.findMembers = finder.findMembers;
    this.findMembersBelow = finder.findMembersBelow;
    this.isComplete = finder.isComplete;
    this.#readList = finder.readList;
    this.warmUpWait = createWarmUpWait(this.store, this.#reader, this.#readiness);
  }

  /**
   * Starts the background work, if there is any: the warm-up of what is unknown, or older than CATALOG_MAX_AGE, and
   * the refresh.
   */
  start(): void {
    if (this.#warmUpDone) return;
    this.changeLog.begin(this.written.hasEntries);
    this.written.end();
    // The clock of a process that followed another one begins here.
    this.dates.followClock();
    this.#warmUpDone = this.#warmUp?.run();
    this.#refresher?.start();
  }

  /** Ends the background work; reads that callers wait for go on. Resolves when all that are under way are over. */
  async stopBackgroundWork(): Promise<void> {
    this.#warmUp?.stop();
    void this.#refresher?.stop();
    await this.#reader.whenOver();
  }

  /** Ends the background work, and aborts every read under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#warmUp?.stop();
    const refreshed = this.#refresher?.stop();
    this.#reader.stop();
    await Promise.allSettled([refreshed, this.#warmUpDone]);
  }

  /** Begins an operation of a caller. `callLimit` replaces `maxCalls` of the options. */
  beginOperation(
    requestId: string,
    freshness?: Freshness,
    callLimit?: number,
    explanation?: Explanation,
  ): Operation {
    const { maxAge, maxCalls, catalogMaxAge: connectionAge } = this.#options;
    const isMaintained = this.#isMaintained(freshness?.serveStale);
    const demand = this.#readiness?.demand.limits();
    const limits = { maxAge, connectionAge, isMaintained, maxCalls: callLimit ?? maxCalls, ...demand };
    return new Operation(this.store, this.clock, limits, requestId, freshness, explanation);
  }

  /**
   * Whether the answer of an operation may be given again now: nothing that it rests on has changed, and every reading
   * is as young as its place asks. Where refresh lags, an answer is given again for a short time only.
   */
  standingOf(basis: AnswerBasis): Standing {
    const { stands, until, oldest, startedAt, isMaintained, hasFailingList } = basis;
    const now = this.clock();
    const isLagging = now - oldest >= this.#options.catalogMaxAge;
    // A stopped catalog learns of no change any more.
    if (this.#isStopped || this.#readiness?.demand.stillKeeps(basis.details) === false) return "outdated";
    if (!stands || now >= until || (isLagging && now - startedAt >= MAX_LAGGING_TIME)) return "outdated";
    return isMaintained === this.#isMaintained() && !hasFailingList ? "current" : "suspended";
  }

  /** Reads what an operation requests with the fewest calls; the outcomes are in the order of the requests. */
  load(operation: Operation, requests: readonly ReadRequest[]): Promise<Outcome[]> {
    return load(this.store, this.#reader, operation, requests, this.#readiness);
  }

  /** Waits until the warm-up, if it runs, has read unlisted records that others refer to. Throws CATALOG_WARMING. */
  waitForUnlisted(operation: Operation): Promise<void> | undefined {
    return this.#readiness?.waitForUnlisted(operation);
  }

  /** Reads the list of a kind, unless it was read after `cutoff`. Throws AlmaError. */
  readList(operation: Operation, kind: Kind, cutoff: number): Promise<void> {
    return this.#readList(operation, kind, cutoff);
  }

  /** The record that Alma finds for a Bitrix id, asked after `cutoff`; undefined if there is none. Throws AlmaError. */
  async findRecord(...args: Parameters<Catalog["lookUp"]>): Promise<CachedRecord | undefined> {
    return (await this.lookUp(...args)).record;
  }

  /** As `findRecord`, with the time at which Alma was asked. */
  lookUp(operation: Operation, kind: LookupKind, externalId: string, cutoff: number): Promise<LookupResult> {
    return this.#lookUp(operation, { kind, externalId, cutoff });
  }

  /**
   * Notes that a write has ended that Alma did or may have done. What it may have changed is no longer served from
   * earlier readings (rule of time). `cause`: what changes of it come from.
   */
  noteWrite(write: CompletedWrite, cause?: WriteCause): void {
    this.written.noteWrite(write, this.clock(), cause);
  }

  /** Notes a write of unknown outcome, as ended now and again after `timeout`: until then, Alma may still do it. */
  noteUnacknowledgedWrite(write: CompletedWrite, timeout: number, cause?: WriteCause): void {
    this.noteWrite(write, cause);
    setTimeout(() => this.noteWrite(write, cause), timeout).unref();
  }

  /** How far the warm-up is. */
  progress(): WarmUpProgress {
    return this.#readiness?.progress() ?? { warm: true, kinds: [] };
  }

  /** How much is known of each kind, and how old it is. */
  status(): KindStatus[] {
    return statusOf(this.store, this.clock(), (kind) => this.#readiness?.demand.isMaintained(kind) ?? true);
  }

  /**
   * Whether background work maintains the data, even if it lags behind. While Alma is down, or no list can be read, it
   * does not, and data beyond its maximum age is not served. Nor does it while data that an earlier process has left is
   * read again; an operation that accepts stale data gets it meanwhile.
   */
  #isMaintained(acceptsStale = false): boolean {
    if (!this.#readiness || this.#reader.downFor() !== undefined) return false;
    if (!acceptsStale && this.#readiness.isCatchingUp) return false;
    return kinds.some((kind) => this.store.tables[kind].listFailure === undefined);
  }
}
