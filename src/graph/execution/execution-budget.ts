import { AlmaError } from "../../alma/index.ts";

/** So long, in milliseconds, an execution may keep the process from everything else. */
const TIME_SLICE = 100;
/** Of so many things that are to be done one looks at the clock. */
const CLOCK_CHECK_INTERVAL = 4;

/**
 * What one execution may take of the process. What is known costs no call and is answered without a wait, so that a
 * short query over links that lead back and forth could go on for hours and fill the memory: it is held to the size of
 * an answer while it runs, and lets others have their turn.
 */
export class ExecutionBudget {
  readonly #maxBytes: number;
  #bytes = 0;
  #sliceEnd = performance.now() + TIME_SLICE;
  #untilClockCheck = CLOCK_CHECK_INTERVAL;
  #yielding: Promise<void> | undefined;

  /** `maxBytes` is for the answer as JSON. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The next turn of the event loop, if this one has lasted long enough. */
  yieldIfDue(): Promise<void> | undefined {
    if (this.#yielding) return this.#yielding;
    if (--this.#untilClockCheck > 0) return undefined;
    this.#untilClockCheck = CLOCK_CHECK_INTERVAL;
    if (performance.now() < this.#sliceEnd) return undefined;
    this.#yielding = new Promise((resolve) => {
      setImmediate(() => {
        this.#yielding = undefined;
        this.#sliceEnd = performance.now() + TIME_SLICE;
        resolve();
      });
    });
    return this.#yielding;
  }

  /** Notes that the answer has so many bytes more. The reason to give it up, if that is too many. */
  addBytes(bytes: number): AlmaError | undefined {
    this.#bytes += bytes;
    if (this.#bytes <= this.#maxBytes) return undefined;
    return new AlmaError(
      "LIMIT_EXCEEDED",
      `The answer would have more than ${this.#maxBytes} bytes, which are allowed (MAX_RESPONSE), so it was given up. ` +
        "Ask for fewer records, with `first` or a filter, or for fewer fields.",
      { limit: "MAX_RESPONSE" },
    );
  }
}

/** What an object with these keys takes in an answer at least, in bytes: quotes, colon, comma, and a digit a value. */
export function minimumBytes(keys: readonly string[]): number {
  return keys.reduce((sum, key) => sum + key.length + 5, 0);
}
