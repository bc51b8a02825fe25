import type { Catalog } from "../catalog/index.ts";
import type { LogEnd, Look, Seal, SharedStore } from "../store/index.ts";
import { StoreUnreachable } from "../store/index.ts";
import type { Runtime } from "./term/runtime.ts";
import { StoredEntries } from "./term/stored-entries.ts";

/** What a copy is read with. */
interface ReplicaOptions {
  readonly store: SharedStore;
  readonly seal: Seal;
  readonly runtime: Runtime;
}

/** Milliseconds after which a store that did not answer is asked again. */
const RETRY_DELAY = 250;

/**
 * A copy of what the leader has published: it loads the stored entries, and follows the commits from then on. It ends
 * where it is too late to be told what was removed, and where the entries or the store itself are others than it has
 * followed. Another replica then begins with nothing.
 */
export class Replica {
  readonly #store: SharedStore;
  readonly #runtime: Runtime;
  readonly #entries: StoredEntries;
  readonly #onProgress: () => void;
  #origin: (LogEnd & { readonly run: string }) | undefined;
  #isOver = false;
  #seq = 0;

  /** `onProgress` is called when it is loaded, after each commit, and when it is over. */
  constructor({ store, seal, runtime }: ReplicaOptions, catalog: Catalog, onProgress: () => void) {
    this.#store = store;
    this.#runtime = runtime;
    this.#entries = new StoredEntries(store, seal, catalog);
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

  /** Compares it with a look at the store, and ends if that has another sequence of commits, or has lost some. */
  check({ run, log, hasLost }: Pick<Look, "run" | "log" | "hasLost">): void {
    if (this.#origin && (hasLost || run !== this.#origin.run || log.epoch !== this.#origin.epoch))
      this.stop();
  }

  /** Loads and follows until it is over. Throws what the seal throws, and what applying throws. */
  async follow(): Promise<void> {
    try {
      while (!this.#isOver) {
        try {
          await (this.#origin ? this.#step(this.#origin) : this.#load());
        } catch (error) {
          if (!(error instanceof StoreUnreachable)) throw error;
          await this.#runtime.sleep(RETRY_DELAY);
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
    const origin = await this.#store.logEnd();
    await this.#entries.load(() => this.#isOver);
    if (this.#isOver) return;
    this.#seq = origin.seq;
    this.#origin = origin;
    this.#onProgress();
  }

  async #step({ run, epoch }: LogEnd & { readonly run: string }): Promise<void> {
    const next = await this.#store.follow(this.#seq);
    if (next.run !== run || next.epoch !== epoch || next.prunedTo > this.#seq || next.seq < this.#seq)
      this.stop();
    if (this.#isOver || next.seq === this.#seq) return;
    const times = this.#entries.timesIn(next.readings);
    const read = times.size > 0 ? await this.#store.entriesOf([...times.keys()]) : [];
    if (this.#isOver) return;
    await this.#entries.apply([...next.entries, ...read], times);
    this.#seq = next.seq;
    this.#onProgress();
  }
}
