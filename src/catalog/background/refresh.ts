import type { Clock } from "../../alma/index.ts";
import type { Readiness } from "../reading/readiness.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kinds } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import type { Reader } from "../shared-read/reader.ts";
import type { Waiter } from "../shared-read/shared-read.ts";
import type { Store } from "../store/store.ts";
import {
  createRefreshQueue,
  estimateRefreshCost,
  type RefreshCost,
  type RefreshOptions,
} from "./refresh-queue.ts";
import type { TouchQueue } from "./touch-queue.ts";

/** In milliseconds. */
const TICK_INTERVAL = 100;
const BACKGROUND: Waiter = { priority: "background", requestId: "refresh" };

interface RefresherOptions extends RefreshOptions {
  readonly store: Store;
  readonly reader: Reader;
  readonly clock: Clock;
  readonly readiness: Readiness;
  readonly touchQueue: TouchQueue;
  readonly today: () => string;
  readonly sinceMidnight?: () => number;
  readonly onRefreshCost?: (cost: RefreshCost) => void;
}

/**
 * Keeps the catalog up to date with at most `rate` calls per second, all day. Each tick spends the calls that have
 * accumulated since the last one on three sources, which take turns: reported changes, lists (each is read again
 * `listInterval` after its last read), and due details. A list is included once the warm-up has read it, a detail once
 * the warm-up of its kind has finished.
 */
export function createRefresher({
  store,
  reader,
  clock,
  readiness,
  touchQueue,
  today,
  sinceMidnight,
  onRefreshCost,
  ...options
}: RefresherOptions) {
  /** Whether the cost was estimated, which happens once. */
  let isCostEstimated = false;
  /** When the last read of each list started, by the refresh or the warm-up. */
  const listRequestedAt = new Map<Kind, number>();
  const queue = createRefreshQueue(store, options);
  /** Whether the last read was of a list. */
  let wasList = false;
  let wasTouched = false;
  /** Calls that may be made now (a token bucket). */
  let tokens = 0;
  let lastTickAt = 0;
  let timer: NodeJS.Timeout | undefined;
  const inProgress = new Set<Promise<unknown>>();

  function tick() {
    const now = clock();
    const { rate } = options;
    // Accumulate at most one second of tokens, so that no burst follows an idle hour.
    tokens = Math.min(tokens + ((now - lastTickAt) / 1000) * rate, Math.max(1, rate));
    lastTickAt = now;
    for (const kind of kinds)
      if (!listRequestedAt.has(kind) && store.tables[kind].listAt !== NEVER)
        listRequestedAt.set(kind, store.tables[kind].listAt);
    if (!isCostEstimated && readiness.progress().warm) {
      isCostEstimated = true;
      onRefreshCost?.(estimateRefreshCost(queue.count(), options));
    }
    const downFor = reader.downFor();
    if (downFor !== undefined && downFor > 0) return;
    // Limit reads in progress to one second's worth, however slow Alma is; to a single probe while Alma is down.
    const maxInProgress = downFor === undefined ? Math.max(1, rate) : 1;
    while (tokens >= 1 && inProgress.size < maxInProgress) {
      const read = startNext(now);
      if (!read) return;
      tokens--;
      inProgress.add(read);
      const onEnd = () => inProgress.delete(read);
      read.then(onEnd, onEnd);
    }
  }

  /** Starts the next read. Reported changes get every second one while there are any. */
  function startNext(now: number) {
    wasTouched = !wasTouched;
    return wasTouched
      ? (touchQueue.startNext(now) ?? startDue(now))
      : (startDue(now) ?? touchQueue.startNext(now));
  }

  /** Starts the next due read, alternating between lists and details, so that neither starves. */
  function startDue(now: number) {
    const detail = wasList ? startDueDetail(now) : undefined;
    const list = detail ? undefined : startDueList(now);
    wasList = list !== undefined;
    return detail ?? list ?? startDueDetail(now);
  }

  /** Starts the list read longest ago, if a `listInterval` has passed since. */
  function startDueList(now: number) {
    const [[due, requestedAt] = []] = [...listRequestedAt].sort(([, a], [, b]) => a - b);
    if (!due || requestedAt === undefined || now - requestedAt < options.listInterval) return undefined;
    listRequestedAt.set(due, now);
    return reader.readList(due, now, now, BACKGROUND);
  }

  function startDueDetail(now: number) {
    const warmKinds = kinds.filter(readiness.isWarm);
    const readByOthers: CachedRecord[] = [];
    const take = () => queue.take(warmKinds, today(), now, sinceMidnight);
    let due = take();
    for (; due && reader.isReadingDetail(due); due = take()) readByOthers.push(due);
    for (const other of readByOthers) queue.putBack(other);
    return due && reader.readDetail(due, now, now, BACKGROUND).finally(() => queue.putBack(due));
  }

  return {
    start() {
      lastTickAt = clock();
      timer = setInterval(tick, TICK_INTERVAL);
      timer.unref();
    },

    async stop(): Promise<void> {
      clearInterval(timer);
      await Promise.allSettled(inProgress);
    },
  };
}
