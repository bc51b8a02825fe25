import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AlmaError, type Clock } from "../../alma/index.ts";
import type {
  Catalog,
  CatalogChanges,
  CatalogEntry,
  ChangeLog,
  StoredKey,
  StoredKeys,
  WriteIntent,
  WriteJournal,
} from "../../catalog/index.ts";
import { isAboutList } from "../../catalog/index.ts";
import type { Config, Log } from "../../config/index.ts";
import { FORGET_INTERVAL, forgetChanges } from "./forget-changes.ts";
import { type Gather, MAX_ENTRIES, nextPart } from "./gather.ts";
import type { BegunWrite, Commit, KeptKey, LastingStore } from "./lasting-store.ts";

/** Milliseconds between two looks at what has changed. */
const INTERVAL = 100;

/** Milliseconds for which an idempotency key is kept. */
const KEPT_FOR = 24 * 3_600_000;

/** Whoever reads the store learns no key. */
const nameOfKey = (callerKey: string): string => createHash("sha256").update(callerKey).digest("hex");

/** That something is sent under a key. */
const keptAsSent = ({ key, ...request }: NonNullable<WriteIntent["idempotency"]>): KeptKey => ({
  name: nameOfKey(key),
  kept: { ...request, state: "sent" },
});

/** Records what a process learns and begins in the store, so that the next one goes on from there. */
export class StoreWriter implements WriteJournal, StoredKeys {
  readonly #store: LastingStore;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Milliseconds after which a write that was begun is certainly carried out or lost. */
  readonly #settledAfter: number;
  readonly #historyKeep: Config["historyKeep"];
  #forgotAt = 0;
  readonly #stopped = new AbortController();
  #changes: CatalogChanges | undefined;
  #changeLog: ChangeLog | undefined;
  #writes: readonly BegunWrite[] = [];
  #endedIds: string[] = [];
  #gather: Gather | undefined;
  #recording: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(
    store: LastingStore,
    clock: Clock,
    log: Log,
    settledAfter: number,
    historyKeep: Config["historyKeep"],
  ) {
    this.#historyKeep = historyKeep;
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#settledAfter = settledAfter;
  }

  /** Whether the store could not be written when that was last tried. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /**
   * Reads what the process before knew into an empty catalog. Throws an Error with a sentence if the store is damaged
   * or cannot be written.
   */
  async load(catalog: Catalog): Promise<void> {
    const { left } = this.#store;
    let count = 0;
    const lists: CatalogEntry[] = [];
    for await (const part of this.#store.entries()) {
      for (const entry of part)
        if (isAboutList(entry.key)) lists.push(entry);
        else catalog.written.apply(entry);
      count += part.length;
    }
    for (const entry of lists) catalog.written.apply(entry);
    await catalog.store.settleInSlices();
    const { changeLog } = catalog;
    const { writes, past, lacksShown } = await this.#store.begin(this.#now(), changeLog.term);
    this.#writes = writes;
    changeLog.continue(past, this.#store);
    this.#changeLog = changeLog;
    await this.#forgetChanges();
    this.#changes = catalog.written.followChanges(false);
    if (lacksShown && count > 0)
      this.#gather = { entries: catalog.written.entries(), endedIds: [], settledBefore: 0 };
    if (left)
      this.#log.info(
        { entries: count, seconds: Math.round((Date.now() - left.wall) / 1000) },
        "what an earlier process knew is loaded; what is too old by now is read again",
      );
  }

  /** Notes the writes of earlier processes that may be unsettled. `note`: as of the graph. */
  noteEarlierWrites(note: (intent: WriteIntent, sentAt: number, isEnded: boolean) => void): void {
    const { clock, wall } = this.#now();
    for (const { intent, begunAt } of this.#writes) note(intent, clock - Math.max(0, wall - begunAt), false);
  }

  /** Records from now on. */
  start(): void {
    void this.#recordRegularly();
  }

  /** Records once more, and gives the store up. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#record();
    await this.#store.close().catch((error) => this.#noteFailure(error));
  }

  async begin(intent: WriteIntent): Promise<void> {
    const { idempotency, ...noted } = intent;
    await this.#orRefuse(
      this.#store.noteIntent({ intent: noted, begunAt: Date.now() }, idempotency && keptAsSent(idempotency)),
    );
  }

  check(): void {}

  /** If this is lost, the write counts as one that may still be carried out. */
  end(id: string): void {
    this.#endedIds.push(id);
  }

  find(key: string): Promise<StoredKey | undefined> {
    return this.#orRefuse(this.#store.findKey(nameOfKey(key), Date.now() - KEPT_FOR));
  }

  async keep(key: string, kept: StoredKey | undefined): Promise<void> {
    // A key under which nothing was sent is free for the next process.
    if (kept?.state === "begun") return;
    await this.#orRefuse(this.#store.keepKey(nameOfKey(key), kept ?? null, Date.now()));
  }

  #now(): Commit["at"] {
    return { clock: this.#clock(), wall: Date.now() };
  }

  async #orRefuse<T>(stored: Promise<T>): Promise<T> {
    try {
      const result = await stored;
      this.#noteSuccess();
      return result;
    } catch (error) {
      this.#noteFailure(error);
      throw new AlmaError(
        "ALMA_UNAVAILABLE",
        `The gateway notes every change in its store (STORE_URL) before it is sent to Alma, and could not ` +
          `(${(error as Error).message}), so nothing was sent. The operator has to check the disk; then send it again.`,
        { cause: error },
      );
    }
  }

  async #recordRegularly(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await sleep(INTERVAL, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      await this.#record();
      await this.#forgetChanges().catch((error) => this.#noteFailure(error));
    }
  }

  /** Forgets what is older than HISTORY_KEEP, now and then. */
  async #forgetChanges(): Promise<void> {
    if (!this.#changeLog || Date.now() - this.#forgotAt < FORGET_INTERVAL) return;
    this.#forgotAt = Date.now();
    await forgetChanges((before) => this.#store.forgetChanges(before), this.#changeLog, this.#historyKeep);
  }

  #record(): Promise<void> {
    this.#recording = this.#recording.then(() => this.#recordNow());
    return this.#recording;
  }

  async #recordNow(): Promise<void> {
    this.#gather ??= this.#takeChanges();
    try {
      while (this.#gather) {
        const { endedIds, settledBefore } = this.#gather;
        const part = this.#gather.part ?? nextPart(this.#gather, this.#changeLog);
        this.#gather.part = part;
        const { entries, changes, lost } = part;
        const isLast = entries.length < MAX_ENTRIES && !this.#changeLog?.hasUntaken;
        if (entries.length + changes.length + endedIds.length > 0 || lost) {
          await this.#store.commit({
            ...part,
            at: this.#now(),
            endedIds: isLast ? endedIds : [],
            settledBefore: isLast ? settledBefore : 0,
            keptSince: Date.now() - KEPT_FOR,
          });
          this.#changeLog?.noteStored();
          this.#noteSuccess();
        }
        this.#gather.part = undefined;
        if (isLast) this.#gather = undefined;
      }
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  /** What has changed since the call before; undefined before anything is known. */
  #takeChanges(): Gather | undefined {
    if (!this.#changes) return undefined;
    const endedIds = this.#endedIds;
    this.#endedIds = [];
    return { entries: this.#changes.take(), endedIds, settledBefore: Date.now() - this.#settledAfter };
  }

  #noteSuccess(): void {
    if (this.#isFailing) this.#log.info({}, "the store can be written again");
    this.#isFailing = false;
  }

  #noteFailure(error: unknown): void {
    if (!this.#isFailing)
      this.#log.warn(
        { reason: (error as Error).message },
        "the store (STORE_URL) cannot be written: no write is sent until it can; the gateway goes on and keeps trying",
      );
    this.#isFailing = true;
  }
}
