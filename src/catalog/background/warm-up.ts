import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { AlmaError, Clock } from "../../alma/index.ts";
import { isUnreachable } from "../reading/load.ts";
import { REFERRING_KINDS, type Readiness, type WarmUpState } from "../reading/readiness.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kinds } from "../record/kind.ts";
import type { Reader } from "../shared-read/reader.ts";
import type { Waiter } from "../shared-read/shared-read.ts";
import type { Store } from "../store/store.ts";

/** The delay before a failed list is read again, in milliseconds; doubled after each failure. */
const INITIAL_BACKOFF = 500;
const MAX_BACKOFF = 5_000;

const BACKGROUND: Waiter = { priority: "background", requestId: "warm-up" };

interface QueuedRecord {
  readonly record: CachedRecord;
  readonly state: WarmUpState;
}

interface WarmUpOptions {
  readonly store: Store;
  readonly reader: Reader;
  readonly readiness: Readiness;
  readonly clock: Clock;
  /** `awaited`: while an operation waits for the warm-up. */
  readonly concurrency: { readonly unawaited: number; readonly awaited: number };
  /** The maximum age of records that are not closed, in milliseconds. */
  readonly maxAge: number;
  readonly closedAge: number;
  /** Called once per list and error code. */
  readonly onListFailure?: (error: AlmaError) => void;
}

/**
 * Fills the catalog after the start. It reads the list of each kind, then the details of its records, and finally the
 * unlisted records that others refer to. Data loaded from a store is read again only if it is older than
 * CATALOG_MAX_AGE, the oldest first. Kinds that an operation waits for come first. A list that cannot be read is
 * retried and delays no other kind.
 */
export function createWarmUp({
  store,
  reader,
  readiness,
  clock,
  concurrency,
  maxAge,
  closedAge,
  onListFailure,
}: WarmUpOptions) {
  const stopped = new AbortController();
  let listsInProgress = 0;
  /** The number of active readers. Each reads one detail at a time. */
  let activeReaders = 0;
  const readers = new Set<Promise<void>>();

  // Each sleeping reader adds a listener, and Node warns of a leak above ten.
  setMaxListeners(0, stopped.signal);

  async function readList(kind: Kind) {
    const state = readiness.stateOf[kind];
    const table = store.tables[kind];
    let reportedCode: string | undefined;
    for (
      let backoff = INITIAL_BACKOFF;
      !stopped.signal.aborted;
      backoff = Math.min(backoff * 2, MAX_BACKOFF)
    ) {
      listsInProgress++;
      const now = clock();
      // While writes keep arriving, the list is soon stale again; the refresh reads it later.
      await reader.readListOnce(kind, state.cutoff, now, BACKGROUND);
      listsInProgress--;
      startReaders();
      state.isFailing = !(table.listAt > state.cutoff);
      if (!state.isFailing || stopped.signal.aborted) break;
      const error = table.listFailure?.error;
      if (error && error.code !== reportedCode) onListFailure?.(error);
      reportedCode = error?.code;
      await wait(backoff);
    }
    state.queue = unread([...table.listed].reverse(), state.cutoff);
    if (state.queue.length === 0) finish(state);
    startReaders();
  }

  /**
   * Finishes a kind. When all kinds with relations are finished, queues the unlisted records that they refer to. That
   * takes several rounds: an id that is not a room's may be a unit's, and a record just read may refer to others.
   */
  function finish(state: WarmUpState) {
    const unlistedState = readiness.unlisted;
    if (state !== unlistedState) {
      state.finish();
      if (unlistedState.queue || !REFERRING_KINDS.every((kind) => readiness.isWarm(kind))) return;
    }
    const referred = kinds.flatMap((kind) => store.tables[kind].referredStates.all);
    unlistedState.queue = unread(referred, unlistedState.cutoff);
    if (unlistedState.queue.length === 0) unlistedState.finish();
  }

  /** Returns the records to read. The oldest is last, and is read first. The refresh repeats reads that have failed. */
  function unread(records: readonly CachedRecord[], cutoff: number) {
    const isKnown = ({ knownAt, isClosed }: CachedRecord) =>
      knownAt > (isClosed ? cutoff + maxAge - closedAge : cutoff);
    return records
      .filter((cached) => !isKnown(cached) && !cached.failureSince(cutoff))
      .sort((one, other) => (one.knownAt === other.knownAt ? 0 : other.knownAt - one.knownAt));
  }

  const maxCalls = () => (readiness.isAwaited ? concurrency.awaited : concurrency.unawaited);

  /** Starts readers up to the limit while there are records. Active readers also take new records. */
  function startReaders() {
    while (activeReaders + listsInProgress < maxCalls()) {
      const next = nextRecord();
      if (!next) return;
      activeReaders++;
      const started = runReader(next).finally(() => readers.delete(started));
      readers.add(started);
    }
  }

  async function runReader(first: QueuedRecord) {
    for (let next: QueuedRecord | undefined = first; next; next = nextRecord()) {
      const { record, state } = next;
      state.readsInProgress++;
      await readDetail(record, state);
      state.readsInProgress--;
      if (state.queue?.length === 0 && state.readsInProgress === 0) {
        finish(state);
        startReaders();
      }
      if (activeReaders > maxCalls()) break;
    }
    activeReaders--;
  }

  async function readDetail(record: CachedRecord, state: WarmUpState) {
    const now = clock();
    await reader.readDetail(record, state.cutoff, now, BACKGROUND);
    const error = record.failureSince(now);
    if (!error || !isUnreachable(error)) return;
    // The refresh repeats a single failed read. While Alma is down or asks for a pause, try the same record again.
    if (error.retryAfter === undefined && reader.downFor() === undefined) return;
    state.queue?.unshift(record);
    await wait(Math.min((error.retryAfter ?? Infinity) * 1000, MAX_BACKOFF));
  }

  function wait(pause: number): Promise<void> {
    return sleep(pause, undefined, { signal: stopped.signal, ref: false }).catch(() => {});
  }

  function nextRecord(): QueuedRecord | undefined {
    if (stopped.signal.aborted) return undefined;
    for (const state of readiness.states) {
      const record = state.queue?.pop();
      if (record) return { record, state };
    }
    return undefined;
  }

  return {
    /** Resolves when everything has been read or the warm-up is stopped. */
    async run(): Promise<void> {
      for (const state of readiness.states) state.cutoff = clock() - maxAge;
      readiness.onWait = startReaders;
      await Promise.all(kinds.map(readList));
      while (readers.size > 0) await Promise.all(readers);
    },

    stop: () => stopped.abort(),
  };
}
