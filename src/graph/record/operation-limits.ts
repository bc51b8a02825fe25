import { AlmaError } from "../../alma/index.ts";
import type { Operation } from "../../catalog/index.ts";
import type { ExecutionLimits } from "../execution/execution-limits.ts";

/** Milliseconds for which an execution may keep all other work of the process waiting. */
const TIME_SLICE = 100;
/** The clock is read once in this number of steps. */
const CLOCK_CHECK_INTERVAL = 4;

/**
 * The limits of a caller's operation. Known records cost no call to Alma and no wait, so a short query that follows
 * relations back and forth could run for hours and fill the memory. Its answer is therefore limited in size while it
 * runs, and it yields to other requests. Too many field errors end it as well.
 */
export class OperationLimits implements ExecutionLimits {
  readonly #operation: Pick<Operation, "fail" | "countFieldError" | "throwIfStopped">;
  readonly #maxBytes: number;
  #bytes = 0;
  #sliceEnd = performance.now() + TIME_SLICE;
  #untilClockCheck = CLOCK_CHECK_INTERVAL;
  #yielding: Promise<void> | undefined;

  /** `maxBytes` is the largest answer, as JSON. */
  constructor(operation: Pick<Operation, "fail" | "countFieldError" | "throwIfStopped">, maxBytes: number) {
    this.#operation = operation;
    this.#maxBytes = maxBytes;
  }

  /** Throws LIMIT_EXCEEDED, or the error with which the operation failed before. */
  addBytes(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) throw this.#operation.fail(answerSizeError(this.#maxBytes));
  }

  /** The turn of other work that the execution waits for; undefined while it waits for none. */
  get turn(): Promise<void> | undefined {
    return this.#yielding;
  }

  shouldYield(): boolean {
    return this.#yieldIfDue() !== undefined;
  }

  async yieldToOthers(): Promise<void> {
    for (let yielding = this.#yieldIfDue(); yielding; yielding = this.#yieldIfDue()) await yielding;
    this.#operation.throwIfStopped();
  }

  /** Counts only AlmaErrors. */
  countFieldError(error: unknown): unknown {
    return error instanceof AlmaError ? this.#operation.countFieldError(error) : error;
  }

  /** If the time slice is over: a promise that resolves in the next iteration of the event loop. */
  #yieldIfDue(): Promise<void> | undefined {
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
}

function answerSizeError(maxBytes: number): AlmaError {
  return new AlmaError(
    "LIMIT_EXCEEDED",
    `The answer would have more than ${maxBytes} bytes, which are allowed (MAX_RESPONSE), so it was given up. ` +
      "Ask for fewer records, with `first` or a filter, or for fewer fields.",
    { limit: "MAX_RESPONSE" },
  );
}
