import { setImmediate } from "node:timers";
import type { LightSignal } from "./light-signal.ts";

/** Milliseconds for which work on Alma's answers may block the process, if it can be divided. */
const SLICE_LENGTH = 5;

/** Items handled between two readings of the clock. A list that is not longer is never divided. */
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

  /** Calls `work` for each item. Throws what it throws, or the reason of an aborted `signal`. */
  async forEach<T>(items: Iterable<T>, work: (item: T) => void, signal?: LightSignal): Promise<void> {
    let count = 0;
    for (const item of items) {
      if (count % UNCUT_ITEMS === 0 && count > 0 && this.#isOver()) await this.next(signal);
      count++;
      work(item);
    }
  }

  /** Resolves in a later slice. Throws the reason of an aborted `signal`. */
  async next(signal?: LightSignal): Promise<void> {
    this.#schedule();
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
    signal?.throwIfAborted();
  }

  /** Does indivisible work, which ends the slice. */
  async inOwn<T>(work: () => T): Promise<T> {
    await this.next();
    const result = work();
    this.#begunAt = Number.NEGATIVE_INFINITY;
    await this.next();
    return result;
  }

  /** Returns whether this turn's slice is over. Begins it if there was none. */
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

  /**
   * Resumes the waiters one after another, each when the work of the previous one is done, until the slice is
   * over.
   */
  #resume(): void {
    this.#isScheduled = false;
    if (this.#begunAt === undefined) this.#begin();
    this.#waiters.shift()?.();
    // The work is done when no microtask is left; only then does the next tick begin.
    queueMicrotask(() =>
      process.nextTick(() => {
        if (this.#waiters.length === 0) return;
        if (this.#isOver()) this.#schedule();
        else this.#resume();
      }),
    );
  }
}
