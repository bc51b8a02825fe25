import type { Alma, AlmaError, Clock } from "../alma/index.ts";
import { createRefresher } from "./background/refresh.ts";
import type { RefreshCost } from "./background/refresh-queue.ts";
import { type KindStatus, statusOf } from "./background/status.ts";
import { createTouchQueue } from "./background/touch-queue.ts";
import { createWarmUp } from "./background/warm-up.ts";
import { createSerializedCatalog } from "./entry/catalog-entries.ts";
import type { AnswerBasis, Validity } from "./operation/answer-basis.ts";
import type { Explanation } from "./operation/explanation.ts";
import type { Freshness } from "./operation/freshness.ts";
import { Operation } from "./operation/operation.ts";
import type { ReadRequest } from "./operation/read-plan.ts";
import { createWarmUpWait, load, type ReadOutcome } from "./reading/load.ts";
import { createRecordLookup } from "./reading/lookup.ts";
import { createMemberFinder } from "./reading/members.ts";
import { createReadiness, type WarmUpProgress } from "./reading/readiness.ts";
import { type Kind, kinds } from "./record/kind.ts";
import { noChanges, type ScopeOfField, type WriteCause } from "./record/logged-change.ts";
import type { CreateRecorder } from "./record/recorder.ts";
import { createLookupReader, createReader } from "./shared-read/reader.ts";
import { SharedReads } from "./shared-read/shared-read.ts";
import { invalidate, invalidateAll, type WriteEffects } from "./store/invalidate.ts";
import { createStore } from "./store/store.ts";

/** Options of a catalog. Times in milliseconds. */
export interface CatalogOptions {
  readonly alma: Alma;
  readonly clock: Clock;
  /** How to read everything once (warm-up) and keep it up to date (refresh); if omitted, neither is done. */
  readonly background?: BackgroundOptions | undefined;
  /** The maximum age of a record named in a query, and of records it refers to (MAX_AGE). */
  readonly maxAge: number;
  /** The maximum age of records reached through connections, which background work maintains (CATALOG_MAX_AGE). */
  readonly catalogMaxAge: number;
  /** The maximum age of closed records (CLOSED_MAX_AGE); if omitted, no record counts as closed. */
  readonly closedMaxAge?: number;
  /** The maximum number of calls of one operation. */
  readonly maxCalls: number;
  /** Creates the recorder of changes in Alma. Optional. */
  readonly createRecorder?: CreateRecorder;
  /** The scopes that fields need besides READ. */
  readonly scopeOf?: ScopeOfField;
  /** Returns today's date in the portfolio's time zone, `YYYY-MM-DD`. */
  readonly today: () => string;
  /** Called when the list of a kind suddenly loses alarmingly many records: `of` before, `left` remaining. */
  readonly onListLoss?: (kind: Kind, left: number, of: number) => void;
}

/** Options of a catalog's background work. Times in milliseconds. */
export interface BackgroundOptions {
  /** Calls per second for the refresh. */
  readonly refreshRate: number;
  readonly warmUpConcurrency: number;
  /** Concurrent calls to Alma while an operation waits for the warm-up. */
  readonly almaConcurrency?: number;
  /** Returns the milliseconds since midnight; if omitted, 0. */
  readonly sinceMidnight?: () => number;
  /**
   * The interval between two reads of a list; by default 30,000, or half of `catalogMaxAge` if that is
   * shorter.
   */
  readonly listInterval?: number;
  /** Called when the warm-up cannot read a list, once per list and error code. */
  readonly onListFailure?: (error: AlmaError) => void;
  /** Called once, when the lists show how many calls the refresh needs. */
  readonly onRefreshCost?: (cost: RefreshCost) => void;
}

/**
 * The largest drift in milliseconds between the wall clock and the catalog's clock, unless the wall clock is
 * set.
 */
const MAX_CLOCK_DRIFT = 500;

/** Converts times of the catalog's clock to dates. Equal times give equal dates, unless the wall clock is set. */
class Dates {
  readonly #clock: Clock;
  /** Milliseconds by which the wall clock is ahead of the catalog's clock. */
  #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = Date.now() - clock();
  }

  of(at: number): Date {
    const offset = Date.now() - this.#clock();
    if (Math.abs(offset - this.#offset) > MAX_CLOCK_DRIFT) this.#offset = offset;
    return new Date(this.#offset + at);
  }

  /** Adopts the current time, after the clock was moved forward. */
  followClock(): void {
    this.#offset = Date.now() - this.#clock();
  }
}

/** How long, in milliseconds, an answer is reused after its data has become older than CATALOG_MAX_AGE. */
const MAX_LAGGING_TIME = 30_000;

/** Creates the catalog: Alma's data as last read, with the times of reading. One per process. */
export function createCatalog({
  alma,
  clock,
  background: backgroundOptions,
  maxAge,
  catalogMaxAge,
  closedMaxAge,
  maxCalls,
  createRecorder,
  scopeOf = () => undefined,
  today,
  onListLoss,
}: CatalogOptions) {
  // Without background work, everything too old is read again on request, closed or not.
  const closedAge = backgroundOptions ? Math.max(closedMaxAge ?? 0, catalogMaxAge) : catalogMaxAge;
  const dates = new Dates(clock);
  const recorder = createRecorder?.(clock, (at) => dates.of(at).getTime(), scopeOf);
  const changeSource = recorder ?? noChanges;
  const store = createStore(recorder, scopeOf, onListLoss, closedMaxAge === undefined ? undefined : today);
  const serialized = createSerializedCatalog(store, clock);
  const sharedReads = new SharedReads();
  const reader = createReader(alma, store, clock, sharedReads);
  const lookupReader = createLookupReader(alma, store, clock, reader, sharedReads);
  const lookUp = createRecordLookup(store, lookupReader);
  const background = backgroundOptions && createBackground(backgroundOptions);
  /** Undefined without background work, since there is no warm-up. */
  const readiness = background?.readiness;
  let warmUpDone: Promise<void> | undefined;
  let isStopped = false;

  function createBackground({
    refreshRate,
    warmUpConcurrency,
    almaConcurrency = warmUpConcurrency,
    sinceMidnight,
    listInterval = Math.min(30_000, catalogMaxAge / 2),
    onListFailure,
    onRefreshCost,
  }: BackgroundOptions) {
    const readiness = createReadiness(store, () => serialized.hasEntries);
    const concurrency = {
      unawaited: warmUpConcurrency,
      awaited: Math.max(warmUpConcurrency, almaConcurrency),
    };
    const shared = { store, reader, readiness, clock, maxAge: catalogMaxAge, closedAge };
    const touchQueue = createTouchQueue(store, reader, lookupReader);
    return {
      readiness,
      touchQueue,
      warmUp: createWarmUp({ ...shared, concurrency, onListFailure }),
      refresher: createRefresher({
        ...shared,
        touchQueue,
        today,
        sinceMidnight,
        listInterval,
        rate: refreshRate,
        onRefreshCost,
      }),
    };
  }

  /**
   * Returns whether background work maintains the data, even if it lags. It does not while Alma is down, a list is
   * unreadable, or data of an earlier process is being read again. Then data beyond its maximum age is not served,
   * except, in the last case, to operations that accept stale data.
   */
  function isMaintained(acceptsStale = false): boolean {
    if (!readiness || reader.downFor() !== undefined) return false;
    if (!acceptsStale && readiness.isCatchingUp) return false;
    return kinds.some((kind) => store.tables[kind].listFailure === undefined);
  }

  return {
    store,
    /** The recorded changes, for stores. */
    changeSource,
    clock,
    /** The catalog's contents, for other processes. */
    serialized,
    /** Converts the catalog's times to dates. */
    dates,
    warmUpWait: createWarmUpWait(store, reader, readiness),
    /** Reported changes; undefined without background work. */
    touchQueue: background?.touchQueue,
    ...createMemberFinder(store, reader, readiness),

    /**
     * Starts the background work, if any: the warm-up of data that is unknown or older than CATALOG_MAX_AGE, and the
     * refresh.
     */
    start() {
      if (warmUpDone) return;
      changeSource.begin(serialized.hasEntries);
      serialized.end();
      // The clock of a process that followed another process starts here.
      dates.followClock();
      warmUpDone = background?.warmUp.run();
      background?.refresher.start();
    },

    /**
     * Stops the background work. Reads that callers wait for continue. Resolves when all reads in progress have ended.
     */
    async stopBackgroundWork(): Promise<void> {
      background?.warmUp.stop();
      void background?.refresher.stop();
      await reader.whenOver();
    },

    /** Stops the background work and aborts all reads. */
    async stop(): Promise<void> {
      isStopped = true;
      background?.warmUp.stop();
      const refreshed = background?.refresher.stop();
      reader.stop();
      await Promise.allSettled([refreshed, warmUpDone]);
    },

    /** Starts an operation of a caller. `callLimit` replaces `maxCalls`. */
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
     * Returns whether the answer of an operation may be reused now: the data it depends on has not changed, and every
     * reading is fresh enough for its place in the query. If the refresh lags, an answer is reused only for a short
     * time.
     */
    validityOf(basis: AnswerBasis): Validity {
      const now = clock();
      const isLagging = now >= basis.lagsAt;
      // A stopped catalog no longer learns about changes.
      if (isStopped || !basis.stands || now >= basis.until) return "outdated";
      if (isLagging && now - basis.startedAt >= MAX_LAGGING_TIME) return "outdated";
      return basis.isMaintained === isMaintained() && !basis.hasFailingList ? "current" : "suspended";
    },

    /**
     * Reads the records that an operation requests, with the fewest calls. Outcomes are in the order of the requests.
     */
    load: (operation: Operation, requests: readonly ReadRequest[]): Promise<ReadOutcome[]> =>
      load(store, reader, operation, requests, readiness),

    /** Waits while the warm-up reads unlisted records that others refer to. Throws CATALOG_WARMING. */
    waitForUnlisted: (operation: Operation): Promise<void> | undefined =>
      readiness?.waitForUnlisted(operation),

    /**
     * Returns the record that Alma finds for a Bitrix id after `cutoff`, if any, and when Alma was asked. Throws
     * AlmaError.
     */
    lookUp,

    /**
     * Records the end of a write that Alma performed or may have performed. Values that it may have changed are no
     * longer served from earlier readings (rule of time). `cause`: the cause of its changes. Repeated calls change
     * nothing.
     */
    noteWrite: (write: WriteEffects, cause?: WriteCause): void => invalidate(store, write, clock(), cause),

    /** Records that unknown writes may have changed anything until now. */
    invalidateAll: () => invalidateAll(store, clock()),

    /** Returns the progress of the warm-up. */
    progress: (): WarmUpProgress => readiness?.progress() ?? { warm: true, kinds: [] },

    /** Returns the status of each kind. */
    status: (): KindStatus[] => statusOf(store, clock()),
  };
}

export type Catalog = ReturnType<typeof createCatalog>;
