import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { AlmaError, Clock } from "../alma/index.ts";
import type { Entry } from "./entry.ts";
import type { Waiter } from "./flight.ts";
import { type Kind, kinds } from "./kind.ts";
import { unreachable } from "./load.ts";
import type { Reader } from "./read.ts";
import { REFERRING, type Readiness } from "./readiness.ts";
import { NEVER } from "./source.ts";
import type { Store } from "./store.ts";
import { knownAt, unlisted } from "./unlisted.ts";
import type { Warmed } from "./warmed.ts";

/** Pause before a list that failed is tried again; doubled each time. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;
/** A record that cannot be read so often is given up for now. */
const TRIES = 3;

const BACKGROUND: Waiter = { priority: "background", requestId: "warm-up" };

/**
 * The first reading of everything: each kind's list, then its details, those first that somebody waits for; at last
 * what others refer to and no list names. A list that cannot be read holds up no other kind.
 */
export class WarmUp {
  readonly #store: Store;
  readonly #reader: Reader;
  readonly #readiness: Readiness;
  readonly #clock: Clock;
  readonly #concurrency: number;
  readonly #onFailure: (error: AlmaError) => void;
  readonly #stopped = new AbortController();
  readonly #tries = new Map<Entry, number>();
  /** Lists under way, and readers of details. */
  #lists = 0;
  #readers = 0;
  /** Reads in a row for which Alma was out of reach. */
  #misses = 0;

  /** `onFailure` is told why a list cannot be read, once for each reason. */
  constructor(
    store: Store,
    reader: Reader,
    readiness: Readiness,
    clock: Clock,
    concurrency: number,
    onFailure: (error: AlmaError) => void = () => {},
  ) {
    this.#store = store;
    this.#reader = reader;
    this.#readiness = readiness;
    this.#clock = clock;
    this.#concurrency = concurrency;
    this.#onFailure = onFailure;
    // Every reader that pauses listens to it: more than Node takes for usual.
    setMaxListeners(0, this.#stopped.signal);
  }

  /** Reads everything once. Resolves when that is done, or when it is stopped. */
  async run(): Promise<void> {
    await Promise.all(
      kinds.map(async (kind) => {
        await this.#readList(kind);
        await this.#readDetails();
      }),
    );
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #readList(kind: Kind): Promise<void> {
    const warmed = this.#readiness.of(kind);
    const table = this.#store.tables[kind];
    let told: string | undefined;
    for (let pause = FIRST_PAUSE; !this.#stopped.signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      this.#lists++;
      await this.#reader.list(kind, NEVER, this.#clock(), BACKGROUND);
      this.#lists--;
      warmed.failing = !table.listKnown(NEVER);
      if (!warmed.failing || this.#stopped.signal.aborted) break;
      const error = table.listFailure?.error;
      if (error && error.code !== told) this.#onFailure(error);
      told = error?.code;
      await this.#sleep(pause);
    }
    warmed.queue = [...table.listed].reverse();
    if (warmed.queue.length === 0) this.#finish(warmed);
  }

  /**
   * Nothing of it is left to be read. Unlisted records are read in rounds: what Alma does not have as a room may be a
   * unit, and what is read refers to others.
   */
  #finish(warmed: Warmed): void {
    const others = this.#readiness.unlisted;
    if (warmed !== others) {
      warmed.finish();
      if (others.queue || !REFERRING.every((kind) => this.#readiness.warm(kind))) return;
    }
    others.queue = [...unlisted(this.#store)].filter((entry) => knownAt(entry) === NEVER && !entry.failure);
    if (others.queue.length === 0) others.finish();
  }

  /** Employs as many readers as `concurrency` has left; those at work already take on what has come. */
  async #readDetails(): Promise<void> {
    const free = Math.max(0, this.#concurrency - this.#lists - this.#readers);
    await Promise.all(Array.from({ length: free }, () => this.#readOn()));
  }

  async #readOn(): Promise<void> {
    this.#readers++;
    for (let next = this.#next(); next && !this.#stopped.signal.aborted; next = this.#next()) {
      const { entry, warmed } = next;
      warmed.reading++;
      await this.#readDetail(entry, warmed);
      warmed.reading--;
      if (warmed.queue?.length === 0 && warmed.reading === 0) {
        this.#finish(warmed);
        await this.#readDetails();
      }
    }
    this.#readers--;
  }

  async #readDetail(entry: Entry, warmed: Warmed): Promise<void> {
    const now = this.#clock();
    await this.#reader.detail(entry, NEVER, now, BACKGROUND);
    const error = entry.failed(now);
    if (!error || !unreachable(error)) {
      this.#misses = 0;
      return;
    }
    // Alma is down or asks to be left alone: this says nothing about the record.
    if (error.retryAfter !== undefined) {
      warmed.queue?.push(entry);
      await this.#sleep(Math.min(error.retryAfter * 1000, LONGEST_PAUSE));
      return;
    }
    // One record that fails is left to the refresh after a few tries; an Alma that is down is waited for.
    const tries = (this.#tries.get(entry) ?? 0) + 1;
    this.#tries.set(entry, tries);
    const down = ++this.#misses > 2 * this.#concurrency;
    if (tries < TRIES || down) warmed.queue?.unshift(entry);
    if (down) await this.#sleep(LONGEST_PAUSE);
  }

  #sleep(pause: number): Promise<void> {
    return sleep(pause, undefined, { signal: this.#stopped.signal, ref: false }).catch(() => {});
  }

  #next(): { readonly entry: Entry; readonly warmed: Warmed } | undefined {
    for (const warmed of this.#readiness.inTurn()) {
      const entry = warmed.queue?.pop();
      if (entry) return { entry, warmed };
    }
    return undefined;
  }
}
