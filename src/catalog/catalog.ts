import type { Alma, AlmaError, Clock } from "../alma/index.ts";
import { createRefresher } from "./background/refresh.ts";
import type { RefreshCost } from "./background/refresh-line.ts";
import { type KindStatus, statusOf } from "./background/status.ts";
import { createTouches } from "./background/touches.ts";
import { createWarmUp } from "./background/warm-up.ts";
import { createWrittenCatalog } from "./entry/catalog-entries.ts";
import type { AnswerBasis, Standing } from "./operation/answer-basis.ts";
import type { Explanation } from "./operation/explanation.ts";
import type { Freshness } from "./operation/freshness.ts";
import { Operation } from "./operation/operation.ts";
import type { ReadRequest } from "./operation/read-plan.ts";
import { createReadiness, type WarmUpProgress } from "./readiness/readiness.ts";
import { createWarmUpWait, load, type Outcome } from "./reading/load.ts";
import { createRecordLookup } from "./reading/lookup.ts";
import { createMemberFinder } from "./reading/members.ts";
import type { CachedRecord } from "./record/cached-record.ts";
import { type Kind, kinds } from "./record/kind.ts";
import { noChanges, type ScopeOfField, type WriteCause } from "./record/logged-change.ts";
import type { CreateRecorder } from "./record/recorder.ts";
import { createLookupReader, createReader } from "./shared-read/reader.ts";
import { SingleFlight } from "./shared-read/shared-read.ts";
import type { CompletedWrite } from "./store/invalidate.ts";
import { createStore, type LookupKind, type LookupResult } from "./store/store.ts";

/** What a catalog is made of. Times in milliseconds. */
export interface CatalogOptions {
  readonly alma: Alma;
  readonly clock: Clock;
  /** Whether background work reads everything once (warm-up) and keeps it up to date (refresh). */
  readonly hasBackgroundWork: boolean;
  /** The maximum age of a record that a query names, and of what it refers to (MAX_AGE). */
  readonly maxAge: number;
  /** The maximum age that background work maintains for what is reached through connections (CATALOG_MAX_AGE). */
  readonly catalogMaxAge: number;
  /** The maximum age that it maintains for closed records (CLOSED_MAX_AGE); by default the same. */
  readonly closedMaxAge?: number;
  /** Calls a second that the refresh may make. */
  readonly refreshRate: number;
  readonly warmUpConcurrency: number;
  /** Calls to Alma that may be under way, which the warm-up uses while an operation waits for it. */
  readonly almaConcurrency?: number;
  /** Calls that one operation may make. */
  readonly maxCalls: number;
  /** Makes what records the changes that are seen in Alma; without it, nothing does. */
  readonly createRecorder?: CreateRecorder;
  /** The scopes that fields need beyond READ. */
  readonly scopeOf?: ScopeOfField;
  /** Today's date in the portfolio's time zone, `YYYY-MM-DD`. */
  readonly today: () => string;
  /** Milliseconds since it began; 0 by default. */
  readonly sinceMidnight?: () => number;
  /** How often each list is read; by default every 30,000, or twice in `catalogMaxAge` if that is shorter. */
  readonly listInterval?: number;
  /** Called when the warm-up cannot read a list, once for each list and error code. */
  readonly onListFailure?: (error: AlmaError) => void;
  /** Called when the list of a kind ceases to name alarmingly many of its records at once: `left` of `of`. */
  readonly onListLoss?: (kind: Kind, left: number, of: number) => void;
  /** Called once, when the lists show how many calls the refresh makes. */
  readonly onRefreshCost?: (cost: RefreshCost) => void;
}

/** In milliseconds: the wall clock and the catalog's clock drift apart by less, unless the wall clock is set. */
const MAX_CLOCK_DRIFT = 500;
/** Milliseconds: what the wall clock leaves out is no difference. */
const MAX_DATE_ERROR = 2;

/** Dates of times of the catalog's clock. Equal times give equal dates, unless the wall clock is set. */
class Dates {
  readonly #clock: Clock;
  /** Milliseconds by which the wall clock is ahead of the catalog's clock. */
  #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = Date.now() - clock();
  }

  of(at: number): Date {
    this.#adjust(MAX_CLOCK_DRIFT);
    return new Date(this.#offset + at);
  }

  /** Goes by the clock as it is now: it was moved on, so that dates would be too young. */
  followClock(): void {
    this.#adjust(MAX_DATE_ERROR);
  }

  #adjust(tolerance: number): void {
    const offset = Date.now() - this.#clock();
    if (Math.abs(offset - this.#offset) > tolerance) this.#offset = offset;
  }
}

/** In milliseconds: for so long, an answer with data older than CATALOG_MAX_AGE is given again. */
const MAX_LAGGING_TIME = 30_000;

/** What is known of Alma, and since when. One per process. */
export function createCatalog({
  alma,
  clock,
  hasBackgroundWork,
  maxAge,
  catalogMaxAge,
  closedMaxAge = catalogMaxAge,
  refreshRate,
  warmUpConcurrency,
  almaConcurrency = warmUpConcurrency,
  maxCalls,
  createRecorder,
  scopeOf = () => undefined,
  today,
  sinceMidnight,
  onListFailure,
  onListLoss,
  onRefreshCost,
  listInterval = Math.min(30_000, catalogMaxAge / 2),
}: CatalogOptions) {
  // What nobody reads again in the background is asked for again when it is too old, whatever it is.
  const closedAge = hasBackgroundWork ? Math.max(closedMaxAge, catalogMaxAge) : catalogMaxAge;
  const dates = new Dates(clock);
  const recorder = createRecorder?.(clock, (at) => dates.of(at).getTime(), scopeOf);
  const changeSource = recorder ?? noChanges;
  const store = createStore(alma.slices, recorder, scopeOf, onListLoss, today);
  const written = createWrittenCatalog(store, clock);
  const sharedReads = new SingleFlight();
  const reader = createReader(alma, store, clock, sharedReads);
  const lookupReader = createLookupReader(alma, store, clock, reader, sharedReads);
  const lookUpRecord = createRecordLookup(store, lookupReader);
  const background = hasBackgroundWork ? createBackground() : undefined;
  /** Undefined without background work: there is no warm-up to wait for. */
  const readiness = background?.readiness;
  const finder = createMemberFinder(store, reader, readiness);
  let warmUpDone: Promise<void> | undefined;
  let isStopped = false;

  function createBackground() {
    const readiness = createReadiness(store, () => written.hasEntries);
    const calls = { unawaited: warmUpConcurrency, awaited: Math.max(warmUpConcurrency, almaConcurrency) };
    const ages = { maxAge: catalogMaxAge, closedAge };
    const pace = { ...ages, listInterval, rate: refreshRate };
    const knows = [store, reader] as const;
    const touches = createTouches(...knows, lookupReader);
    return {
      readiness,
      touches,
      warmUp: createWarmUp(...knows, readiness, clock, calls, ages, onListFailure),
      refresher: createRefresher(
        ...knows,
        clock,
        pace,
        { today, sinceMidnight },
        readiness,
        touches,
        onRefreshCost,
      ),
    };
  }

  /**
   * Whether background work maintains the data, even if it lags behind. While Alma is down, or no list can be read, it
   * does not, and data beyond its maximum age is not served. Nor does it while data that an earlier process has left is
   * read again; an operation that accepts stale data gets it meanwhile.
   */
  function isMaintained(acceptsStale = false): boolean {
    if (!readiness || reader.downFor() !== undefined) return false;
    if (!acceptsStale && readiness.isCatchingUp) return false;
    return kinds.some((kind) => store.tables[kind].listFailure === undefined);
  }

  const lookUp = (
    operation: Operation,
    kind: LookupKind,
    externalId: string,
    cutoff: number,
  ): LookupResult | Promise<LookupResult> => lookUpRecord(operation, { kind, externalId, cutoff });

  /**
   * Notes that a write has ended that Alma did or may have done. What it may have changed is no longer served from
   * earlier readings (rule of time). `cause`: what changes of it come from.
   */
  const noteWrite = (write: CompletedWrite, cause?: WriteCause): void =>
    written.noteWrite(write, clock(), cause);

  return {
    store,
    /** The changes that it has recorded, for stores. */
    changeSource,
    clock,
    /** What is known, for other processes. */
    written,
    /** What its times are in dates. */
    dates,
    warmUpWait: createWarmUpWait(store, reader, readiness),
    /** What somebody says has changed; undefined where nothing is read in the background. */
    touches: background?.touches,
    findMembers: finder.findMembers,
    findMembersBelow: finder.findMembersBelow,
    isComplete: finder.isComplete,
    readList: finder.readList,

    /**
     * Starts the background work, if there is any: the warm-up of what is unknown, or older than CATALOG_MAX_AGE, and
     * the refresh.
     */
    start(): void {
      if (warmUpDone) return;
      changeSource.begin(written.hasEntries);
      written.end();
      // The clock of a process that followed another one begins here.
      dates.followClock();
      warmUpDone = background?.warmUp.run();
      background?.refresher.start();
    },

    /** Ends the background work; reads that callers wait for go on. Resolves when all that are under way are over. */
    async stopBackgroundWork(): Promise<void> {
      background?.warmUp.stop();
      void background?.refresher.stop();
      await reader.whenOver();
    },

    /** Ends the background work, and aborts every read under way. */
    async stop(): Promise<void> {
      isStopped = true;
      background?.warmUp.stop();
      const refreshed = background?.refresher.stop();
      reader.stop();
      await Promise.allSettled([refreshed, warmUpDone]);
    },

    /** Begins an operation of a caller. `callLimit` replaces `maxCalls` of the options. */
    beginOperation(
      requestId: string,
      freshness?: Freshness,
      callLimit = maxCalls,
      explanation?: Explanation,
    ): Operation {
      const limits = {
        maxAge,
        connectionAge: catalogMaxAge,
        closedAge,
        isMaintained: isMaintained(freshness?.serveStale),
        maxCalls: callLimit,
      };
      return new Operation(store, clock, limits, requestId, freshness, explanation);
    },

    /**
     * Whether the answer of an operation may be given again now: nothing that it rests on has changed, and every
     * reading is as young as its place asks. Where refresh lags, an answer is given again for a short time only.
     */
    standingOf(basis: AnswerBasis): Standing {
      const now = clock();
      const isLagging = now >= basis.lagsAt;
      // A stopped catalog learns of no change any more.
      if (isStopped || !basis.stands || now >= basis.until) return "outdated";
      if (isLagging && now - basis.startedAt >= MAX_LAGGING_TIME) return "outdated";
      return basis.isMaintained === isMaintained() && !basis.hasFailingList ? "current" : "suspended";
    },

    /** Reads what an operation requests with the fewest calls; the outcomes are in the order of the requests. */
    load: (operation: Operation, requests: readonly ReadRequest[]): Promise<Outcome[]> =>
      load(store, reader, operation, requests, readiness),

    /** Waits until the warm-up, if it runs, has read unlisted records that others refer to. Throws CATALOG_WARMING. */
    waitForUnlisted: (operation: Operation): Promise<void> | undefined =>
      readiness?.waitForUnlisted(operation),

    /**
     * The record that Alma finds for a Bitrix id, asked after `cutoff`; undefined if there is none. Throws AlmaError.
     */
    findRecord: async (...asked: Parameters<typeof lookUp>): Promise<CachedRecord | undefined> =>
      (await lookUp(...asked)).record,

    /** As `findRecord`, with the time at which Alma was asked. */
    lookUp,
    noteWrite,

    /** Notes a write of unknown outcome, as ended now and again after `timeout`: until then, Alma may still do it. */
    noteUnacknowledgedWrite(write: CompletedWrite, timeout: number, cause?: WriteCause): void {
      noteWrite(write, cause);
      setTimeout(() => noteWrite(write, cause), timeout).unref();
    },

    /** How far the warm-up is. */
    progress: (): WarmUpProgress => readiness?.progress() ?? { warm: true, kinds: [] },

    /** How much is known of each kind, and how old it is. */
    status: (): KindStatus[] => statusOf(store, clock()),
  };
}

export type Catalog = ReturnType<typeof createCatalog>;
