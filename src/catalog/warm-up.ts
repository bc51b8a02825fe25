import { setTimeout as sleep } from "node:timers/promises";
import { AlmaError, type Clock } from "../alma/index.ts";
import type { Entry } from "./entry.ts";
import type { Waiter } from "./flight.ts";
import { type Kind, kinds } from "./kind.ts";
import { unreachable } from "./load.ts";
import type { Operation } from "./operation.ts";
import { type Count, type FirstReading, type Progress, warming } from "./progress.ts";
import type { Reader } from "./read.ts";
import { NEVER } from "./source.ts";
import type { Store } from "./store.ts";
import { knownAt, unlisted } from "./unlisted.ts";
import { Warmed } from "./warmed.ts";

/** Pause before a list that failed is tried again; doubled each time. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;
/** A record that cannot be read so often is given up for now. */
const TRIES = 3;

/** What has to be known before it is known what contracts refer to and no list names. */
const REFERRING = ["unit", "room", "ownerContract", "tenantContract"] as const;

const BACKGROUND: Waiter = { priority: "background", requestId: "warm-up" };

/**
 * The first reading of everything: each kind's list, then its details, those first that somebody waits for; at last
 * what contracts refer to and no list names. A list that cannot be read holds up no other kind.
 */
export class WarmUp {
  readonly #store: Store;
  readonly #reader: Reader;
  readonly #clock: Clock;
  readonly #concurrency: number;
  readonly #onFailure: (error: AlmaError) => void;
  readonly #stopped = new AbortController();
  readonly #kinds = new Map<Kind, Warmed>();
  /** What contracts refer to and no list names. */
  readonly #unlisted = new Warmed();
  readonly #tries = new Map<Entry, number>();
  /** Lists under way, and readers of details. */
  #lists = 0;
  #readers = 0;
  /** Reads in a row for which Alma was out of reach. */
  #misses = 0;
  /** Kinds in the order in which they are read: asked-for ones move to the front. */
  #order: Kind[] = [...kinds];

  /** `onFailure` is told why a list cannot be read, once for each reason. */
  constructor(
    store: Store,
    reader: Reader,
    clock: Clock,
    concurrency: number,
    onFailure: (error: AlmaError) => void = () => {},
  ) {
    this.#store = store;
    this.#reader = reader;
    this.#clock = clock;
    this.#concurrency = concurrency;
    this.#onFailure = onFailure;
    for (const kind of kinds) this.#kinds.set(kind, new Warmed());
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

  /** Whether the first reading of a kind is over. */
  warm(kind: Kind): boolean {
    return this.#warmed(kind).done;
  }

  /** How far it is. */
  progress(): FirstReading {
    const unlisted = this.#unlistedRead();
    return {
      warm: this.#unlisted.done && kinds.every((kind) => this.warm(kind)),
      kinds: kinds.map((kind) => this.#read(kind)),
      ...(unlisted.of && { unlisted }),
    };
  }

  #read(kind: Kind): Progress {
    const { listed, listFailure } = this.#store.tables[kind];
    const { queue, done, failing } = this.#warmed(kind);
    return {
      kind,
      read: done ? listed.length : countRead(listed),
      of: queue || done ? listed.length : undefined,
      ...(failing && listFailure && { failure: listFailure.error.message }),
    };
  }

  #unlistedRead(): Count {
    if (!this.#unlisted.queue) return { read: 0, of: undefined };
    const found = [...unlisted(this.#store)];
    return { read: countRead(found), of: found.length };
  }

  /**
   * What an operation that needs all records of a kind waits for, if they are not read yet; the kind is read first
   * from now on. Throws CATALOG_WARMING if the operation's time is over before, and does not wait where the list
   * itself cannot be read: then the operation finds out why for itself.
   */
  ready(kind: Kind, operation: Operation): Promise<void> | undefined {
    const warmed = this.#warmed(kind);
    if (warmed.done || warmed.failing) return undefined;
    this.#order = [kind, ...this.#order.filter((other) => other !== kind)];
    const what = `all records of type ${this.#store.tables[kind].facts.typeName}`;
    return this.#wait(warmed, operation, () => warming(what, this.#read(kind)));
  }

  /** The same for an operation that needs what contracts refer to and no list names. */
  readyUnlisted(operation: Operation): Promise<void> | undefined {
    if (this.#unlisted.done || REFERRING.some((kind) => this.#warmed(kind).failing)) return undefined;
    const what = "all records that contracts refer to and no list names";
    return this.#wait(this.#unlisted, operation, () => warming(what, this.#unlistedRead()));
  }

  /** The same for an operation that needs these records, and may not read them itself. */
  readyAll(records: readonly Entry[], operation: Operation): Promise<void> | undefined {
    const listed = new Set(records.filter((entry) => entry.listed).map(({ kind }) => kind));
    const waits = [...listed].map((kind) => this.ready(kind, operation));
    if (records.some((entry) => !entry.listed)) waits.push(this.readyUnlisted(operation));
    return waits.some(Boolean) ? Promise.all(waits).then(() => {}) : undefined;
  }

  #wait({ ready }: Warmed, operation: Operation, overdue: () => AlmaError): Promise<void> {
    return operation.wait(ready).catch((reason) => {
      throw reason instanceof AlmaError && reason.code === "DEADLINE_EXCEEDED" ? overdue() : reason;
    });
  }

  async #readList(kind: Kind): Promise<void> {
    const warmed = this.#warmed(kind);
    const table = this.#store.tables[kind];
    let told: string | undefined;
    for (let pause = FIRST_PAUSE; !this.#stopped.signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      this.#lists++;
      await this.#reader.list(kind, NEVER, this.#clock(), BACKGROUND);
      this.#lists--;
      warmed.failing = !table.listKnown(NEVER);
      if (!warmed.failing) break;
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
    if (warmed !== this.#unlisted) {
      warmed.finish();
      if (this.#unlisted.queue || !REFERRING.every((kind) => this.warm(kind))) return;
    }
    const queue = [...unlisted(this.#store)].filter((entry) => knownAt(entry) === NEVER && !entry.failure);
    this.#unlisted.queue = queue;
    if (queue.length === 0) this.#unlisted.finish();
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
    for (const warmed of [...this.#order.map((kind) => this.#warmed(kind)), this.#unlisted]) {
      const entry = warmed.queue?.pop();
      if (entry) return { entry, warmed };
    }
    return undefined;
  }

  #warmed(kind: Kind): Warmed {
    return this.#kinds.get(kind) as Warmed;
  }
}

function countRead(entries: readonly Entry[]): number {
  return entries.filter((entry) => knownAt(entry) !== NEVER).length;
}
