import { setImmediate } from "node:timers";

/** Milliseconds of one turn of the event loop in which answers are passed on. */
const SLICE_LENGTH = 5;

/**
 * The answers of calls of which many are under way: dozens arrive together, and working on one takes a part of a
 * millisecond. They are passed on in slices, each answer once the work on the one before it is done, so that other work
 * of the process has its turn in between. A slice is the end of a turn: the calls that follow its answers are written
 * to their sockets before.
 */
export class AnswerLine {
  readonly #waiting: (() => void)[] = [];
  /** Immediates that are still to run, the last of which begins the slice. */
  #immediates = 0;

  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves when an answer that has arrived may be passed on. */
  wait(): Promise<void> {
    this.#schedule();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The slice comes after the immediates in which undici writes, to each socket that has brought an answer, a call. */
  #schedule(): void {
    this.#immediates++;
    const begin = () => {
      if (--this.#immediates === 0) this.#passOn(performance.now() + SLICE_LENGTH);
    };
    process.nextTick(() => setImmediate(begin));
  }

  #passOn(until: number): void {
    this.#waiting.shift()?.();
    // The work on an answer is done when no microtask is left: only then does the next tick begin.
    queueMicrotask(() =>
      process.nextTick(() => {
        if (this.#waiting.length === 0) return;
        if (performance.now() < until) this.#passOn(until);
        else this.#schedule();
      }),
    );
  }
}
