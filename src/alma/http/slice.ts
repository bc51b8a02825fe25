import { setImmediate } from "node:timers";
import type { LightSignal } from "./light-signal.ts";

/** Milliseconds for which work on Alma's answers keeps other work of the process waiting, where it can be cut. */
const SLICE_LENGTH = 5;

/** How many items are worked on between two looks at the time. A list that is not longer is never cut. */
export const UNCUT_ITEMS = 500;

/**
 * Work on Alma's long lists in slices. A turn of the event loop has one slice, whoever uses it, and the turn after that
 * has none, so that other work has its turn, and the calls that follow the answers are written to their sockets.
 */
export class Slices {
  readonly #waiters: (() => void)[] = [];
  #isScheduled = false;
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

  /** Resolves in a later slice. Throws the reason of `signal` if it is aborted by then. */
  async next(signal?: LightSignal): Promise<void> {
    this.#schedule();
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
    signal?.throwIfAborted();
  }

  /** Does work that cannot be cut: the slice ends with it. */
  async inOwn<T>(work: () => T): Promise<T> {
    await this.next();
    const result = work();
    this.#begunAt = Number.NEGATIVE_INFINITY;
    await this.next();
    return result;
  }

  /** Whether the time of this turn's slice is up. If there was none, it begins. */
  #isOver(): boolean {
    const begunAt = this.#begunAt ?? this.#begin();
    return performance.now() - begunAt >= SLICE_LENGTH;
  }

  #begin(): number {
    setImmediate(() => {
      this.#begunAt = undefined;
    });
    this.#begunAt = performance.now();
    return this.#begunAt;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => setImmediate(() => this.#resume()));
  }

  /** Resumes one after the other, each when the work of the one before is done, until the slice is over. */
  #resume(): void {
    this.#isScheduled = false;
    if (this.#begunAt === undefined) this.#begin();
    this.#waiters.shift()?.();
    // The work is done when no microtask is left: only then does the next tick begin.
    queueMicrotask(() =>
      process.nextTick(() => {
        if (this.#waiters.length === 0) return;
        if (this.#isOver()) this.#schedule();
        else this.#resume();
      }),
    );
  }
}
