import { setImmediate } from "node:timers";
import type { LightSignal } from "./light-signal.ts";

/** Milliseconds for which work on Alma's answers keeps other work of the process waiting, where it can be cut. */
const SLICE_LENGTH = 5;

/** How many items are worked on between two looks at the time. A list that is not longer is never cut. */
export const UNCUT_ITEMS = 500;

/** Long work in slices: of all that is done through it, one slice has its place in a turn of the event loop. */
export class Slices {
  readonly #waiters: (() => void)[] = [];
  /** When the slice of this turn began; undefined if there is none. */
  #begunAt: number | undefined;

  /** Works on each item. Throws what `work` throws, and the reason of `signal` if it is aborted meanwhile. */
  async forEach<T>(items: Iterable<T>, work: (item: T) => void, signal?: LightSignal): Promise<void> {
    let count = 0;
    for (const item of items) {
      if (count % UNCUT_ITEMS === 0 && count > 0 && this.#isOver()) await this.next(signal);
      count++;
      work(item);
    }
  }

  /** Resolves in a later turn that has no other slice. Throws the reason of `signal` if it is aborted by then. */
  async next(signal?: LightSignal): Promise<void> {
    if (this.#begunAt === undefined) this.#begin();
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
    signal?.throwIfAborted();
  }

  /** Does work that cannot be cut in a slice of its own. */
  async inOwn<T>(work: () => T): Promise<T> {
    await this.next();
    const result = work();
    await this.next();
    return result;
  }

  /** Whether the time of this turn's slice is up, whoever used it. If there was none, it begins. */
  #isOver(): boolean {
    const begunAt = this.#begunAt ?? this.#begin();
    return performance.now() - begunAt >= SLICE_LENGTH;
  }

  #begin(): number {
    setImmediate(() => this.#end());
    this.#begunAt = performance.now();
    return this.#begunAt;
  }

  /** Ends this turn's slice. If anybody waits, another one begins a turn later: the one between is for others alone. */
  #end(): void {
    this.#begunAt = undefined;
    if (this.#waiters.length > 0) setImmediate(() => this.#resumeNext());
  }

  #resumeNext(): void {
    const resume = this.#waiters.shift();
    if (!resume) return;
    if (this.#begunAt === undefined) this.#begin();
    resume();
  }
}
