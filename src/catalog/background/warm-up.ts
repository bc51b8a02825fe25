import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { AlmaError, Clock } from "../../alma/index.ts";
import { REFERRING_KINDS, type Readiness } from "../readiness/readiness.ts";
import type { WarmUpState } from "../readiness/warm-up-state.ts";
import { isUnreachable } from "../reading/load.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kinds } from "../record/kind.ts";
import type { Reader } from "../shared-read/reader.ts";
import type { Waiter } from "../shared-read/shared-read.ts";
import type { Store } from "../store/store.ts";

/** Milliseconds before a list that failed is read again; doubled each time. */
const INITIAL_BACKOFF = 500;
const MAX_BACKOFF = 5_000;
/** Details of this share of the maximum age are read along with those that are too old. */
const NEARLY_TOO_OLD = 0.75;
/** After this many failures, a record is left to the refresh. */
const MAX_ATTEMPTS = 3;

const BACKGROUND: Waiter = { priority: "background", requestId: "warm-up" };

interface QueuedRecord {
  readonly record: CachedRecord;
  readonly state: WarmUpState;
}

/** How many calls the warm-up may have under way. */
interface WarmUpConcurrency {
  readonly unawaited: number;
  /** While an operation waits for it, so that every free connection is used. */
  readonly awaited: number;
}

/**
 * Reads everything once: each kind's list, then its details, and at last the unlisted records that others refer to; of
 * what an earlier process has left, only what is older than CATALOG_MAX_AGE, the oldest first. Kinds that an operation
 * waits for come first. A list that cannot be read delays no other kind. A kind that wakes (see `Demand`) is read again
 * in the same way.
 */
export class WarmUp {
  readonly #store: Store;
  readonly #reader: Reader;
  readonly #readiness: Readiness;
  readonly #clock: Clock;
  readonly #concurrency: WarmUpConcurrency;
  /** In milliseconds: details older than this are too old. */
  readonly #maxAge: number;
  readonly #onListFailure: (error: AlmaError) => void;
  readonly #stopped = new AbortController();
  readonly #attempts = new Map<CachedRecord, number>();
  #listsUnderWay = 0;
  /** How many readers are at work. Each reads one detail at a time. */
  #activeReaders = 0;
  readonly #readers = new Set<Promise<void>>();
  /** How many reads in a row failed because Alma could not be reached. */
  #consecutiveFailures = 0;

  /** `onListFailure` is called once for each list and error code. */
  constructor(
    store: Store,
    reader: Reader,
    readiness: Readiness,
    clock: Clock,
    concurrency: WarmUpConcurrency,
    maxAge: number,
    onListFailure: (error: AlmaError) => void = () => {},
  ) {
    this.#store = store;
    this.#reader = reader;
    this.#readiness = readiness;
    this.#clock = clock;
    this.#concurrency = concurrency;
    this.#maxAge = maxAge;
    this.#onListFailure = onListFailure;
    // Each reader that sleeps adds a listener. Node warns of more than ten, which it takes for a leak.
    setMaxListeners(0, this.#stopped.signal);
  }

  /** Resolves when everything is read, or the warm-up is stopped. */
  async run(): Promise<void> {
    for (const state of this.#readiness.order.states) state.cutoff = this.#clock() - this.#maxAge;
    this.#readiness.order.onWait = () => this.#startReaders();
    this.#readiness.demand.wake = (kind) => this.#wake(kind);
    await Promise.all(kinds.map((kind) => this.#readList(kind)));
    while (this.#readers.size > 0) await Promise.all(this.#readers);
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #readList(kind: Kind): Promise<void> {
    const state = this.#readiness.stateOf(kind);
    const table = this.#store.tables[kind];
    let reportedCode: string | undefined;
    for (
      let backoff = INITIAL_BACKOFF;
      !this.#stopped.signal.aborted;
      backoff = Math.min(backoff * 2, MAX_BACKOFF)
    ) {
      this.#listsUnderWay++;
      const now = this.#clock();
      // Where somebody writes all the time, no list stays known: the refresh reads it again in its turn.
      await this.#reader.readListOnce(kind, state.cutoff, now, BACKGROUND);
      this.#listsUnderWay--;
      this.#startReaders();
      state.isFailing = !(table.listAt > state.cutoff);
      if (!state.isFailing || this.#stopped.signal.aborted) break;
      const error = table.listFailure?.error;
      if (error && error.code !== reportedCode) this.#onListFailure(error);
      reportedCode = error?.code;
      await this.#sleep(backoff);
    }
    state.queue = this.#unread([...table.listed].reverse(), state.cutoff);
    if (state.queue.length === 0) this.#finish(state);
    this.#startReaders();
  }

  /**
   * Finishes a kind. When all kinds with relations are finished, the unlisted records are queued. That takes several
   * rounds: an id that is no room's may be a unit's, and a record that was read may refer to others.
   */
  #finish(state: WarmUpState): void {
    const unlistedState = this.#readiness.unlisted;
    if (state !== unlistedState) {
      state.finish();
      for (const kind of kinds)
        if (this.#readiness.stateOf(kind) === state) this.#readiness.demand.finishWaking(kind);
      if (unlistedState.queue || !REFERRING_KINDS.every((kind) => this.#readiness.isWarm(kind))) return;
    }
    const referred = kinds.flatMap((kind) => this.#store.tables[kind].referredStates.all);
    unlistedState.queue = this.#unread(referred, unlistedState.cutoff);
    if (unlistedState.queue.length === 0) unlistedState.finish();
  }

  /** The records to be read, the oldest last: it is read first. One that could not be read is left to the refresh. */
  #unread(records: readonly CachedRecord[], cutoff: number): CachedRecord[] {
    return records
      .filter((cached) => !(cached.knownAt > cutoff) && !cached.failureSince(cutoff))
      .sort((one, other) => (one.knownAt === other.knownAt ? 0 : other.knownAt - one.knownAt));
  }

  /**
   * Queues what is too old of a kind, and what nearly is, unlisted records included. Returns false if nothing is too
   * old, or if the warm-up of the kind is not over.
   */
  #wake(kind: Kind): boolean {
    const state = this.#readiness.stateOf(kind);
    if (!state.isDone || this.#stopped.signal.aborted) return false;
    this.#store.settle();
    const { listedStates, referredStates } = this.#store.tables[kind];
    const records = [...listedStates.all, ...referredStates.all];
    const now = this.#clock();
    if (this.#unread(records, now - this.#maxAge).length === 0) return false;
    const cutoff = now - NEARLY_TOO_OLD * this.#maxAge;
    state.reopen(this.#unread(records, cutoff), cutoff);
    this.#startReaders();
    return true;
  }

  get #maxCalls(): number {
    return this.#readiness.order.isAwaited ? this.#concurrency.awaited : this.#concurrency.unawaited;
  }

  /** Starts as many readers as may be at work and find a record. Readers at work take new records too. */
  #startReaders(): void {
    while (this.#activeReaders + this.#listsUnderWay < this.#maxCalls) {
      const next = this.#nextRecord();
      if (!next) return;
      this.#activeReaders++;
      const reader = this.#runReader(next).finally(() => this.#readers.delete(reader));
      this.#readers.add(reader);
    }
  }

  async #runReader(first: QueuedRecord): Promise<void> {
    for (let next: QueuedRecord | undefined = first; next; next = this.#nextRecord()) {
      const { record, state } = next;
      state.readsUnderWay++;
      await this.#readDetail(record, state);
      state.readsUnderWay--;
      if (state.queue?.length === 0 && state.readsUnderWay === 0) {
        this.#finish(state);
        this.#startReaders();
      }
      if (this.#activeReaders > this.#maxCalls) break;
    }
    this.#activeReaders--;
  }

  async #readDetail(record: CachedRecord, state: WarmUpState): Promise<void> {
    const now = this.#clock();
    await this.#reader.readDetail(record, state.cutoff, now, BACKGROUND);
    const error = record.failureSince(now);
    if (!error || !isUnreachable(error)) {
      this.#consecutiveFailures = 0;
      return;
    }
    // Alma asks for a pause, which says nothing about the record.
    if (error.retryAfter !== undefined) {
      state.queue?.push(record);
      await this.#sleep(Math.min(error.retryAfter * 1000, MAX_BACKOFF));
      return;
    }
    // A record that keeps failing is left to the refresh. If all reads fail, Alma is down and is waited for.
    const attempts = (this.#attempts.get(record) ?? 0) + 1;
    this.#attempts.set(record, attempts);
    const isDown = ++this.#consecutiveFailures > 2 * this.#maxCalls;
    if (attempts < MAX_ATTEMPTS || isDown) state.queue?.unshift(record);
    if (isDown) await this.#sleep(MAX_BACKOFF);
  }

  #sleep(pause: number): Promise<void> {
    return sleep(pause, undefined, { signal: this.#stopped.signal, ref: false }).catch(() => {});
  }

  #nextRecord(): QueuedRecord | undefined {
    if (this.#stopped.signal.aborted) return undefined;
    for (const state of this.#readiness.order.states) {
      const record = state.queue?.pop();
      if (record) return { record, state };
    }
    return undefined;
  }
}
