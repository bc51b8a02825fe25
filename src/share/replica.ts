import { setTimeout as sleep } from "node:timers/promises";
import { type Catalog, isAboutList } from "../catalog/index.ts";
import type { Engine, LogEnd, Seal, StoredEntry } from "../store/index.ts";
import { EngineUnreachable } from "../store/index.ts";

/** Milliseconds after which an engine that did not answer is asked again. */
const RETRY_DELAY = 250;

/**
 * A copy of what the leader has published: it loads the stored entries, and follows the commits from then on. It ends
 * where their numbers have a gap, because the stream was trimmed, and where the engine was started again or emptied.
 * Another replica then begins with nothing.
 */
export class Replica {
  readonly #engine: Engine;
  readonly #seal: Seal;
  readonly #catalog: Catalog;
  readonly #onProgress: () => void;
  #origin: (LogEnd & { readonly run: string }) | undefined;
  #isOver = false;
  #seq = 0;

  /** `onProgress` is called when it is loaded, after each commit, and when it is over. */
  constructor(engine: Engine, seal: Seal, catalog: Catalog, onProgress: () => void) {
    this.#engine = engine;
    this.#seal = seal;
    this.#catalog = catalog;
    this.#onProgress = onProgress;
  }

  /** Whether it has everything that was stored when it began. */
  get isLoaded(): boolean {
    return this.#origin !== undefined;
  }

  /** Whether it follows no longer, and is not whole unless it was stopped. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The number of the last commit that it has applied. */
  get seq(): number {
    return this.#seq;
  }

  /** Compares it with a look at the engine, and ends if that has another sequence of commits. */
  check({ run, log }: { readonly run: string; readonly log: LogEnd }): void {
    if (this.#origin && (run !== this.#origin.run || log.epoch !== this.#origin.epoch)) this.stop();
  }

  /** Loads and follows until it is over. Throws what the seal throws, and what applying throws. */
  async follow(): Promise<void> {
    try {
      while (!this.#isOver) {
        try {
          await (this.#origin ? this.#step(this.#origin) : this.#load());
        } catch (error) {
          if (!(error instanceof EngineUnreachable)) throw error;
          await sleep(RETRY_DELAY, undefined, { ref: false });
        }
      }
    } finally {
      this.stop();
    }
  }

  /** It applies nothing more. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onProgress();
  }

  /** Of entries that are written meanwhile, it applies the old or the new value, and then the commit. */
  async #load(): Promise<void> {
    const origin = await this.#engine.logEnd();
    const lists: StoredEntry[] = [];
    for await (const stored of this.#engine.entries()) {
      if (this.#isOver) return;
      lists.push(...stored.filter(([key]) => isAboutList(key)));
      await this.#apply(stored.filter(([key]) => !isAboutList(key)));
    }
    await this.#apply(lists);
    await this.#catalog.store.settleInSlices();
    this.#seq = origin.seq;
    this.#origin = origin;
    this.#onProgress();
  }

  async #step({ run, epoch }: LogEnd & { readonly run: string }): Promise<void> {
    const next = await this.#engine.follow(this.#seq);
    if (next.run !== run) this.stop();
    for (const commit of next.commits) {
      if (commit.seq !== this.#seq + 1 || commit.epoch !== epoch) this.stop();
      if (this.#isOver) return;
      await this.#apply(commit.entries);
      this.#seq = commit.seq;
    }
    if (next.commits.length > 0) this.#onProgress();
  }

  #apply(entries: readonly StoredEntry[]): Promise<void> {
    return this.#catalog.store.slices.forEach(entries, ([name, bytes]) => {
      const value = bytes.length === 0 ? null : this.#seal.open(name, bytes);
      // The keys of all others have colons.
      this.#catalog.written.apply({ key: name.includes(":") ? name : this.#seal.openName(name), value });
    });
  }
}
