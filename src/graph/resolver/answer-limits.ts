import { AlmaError } from "../../alma/index.ts";
import type { Operation } from "../../catalog/index.ts";
import type { Meter, Steps } from "../metering/meter.ts";
import { isPromise, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { ExecutionLimits } from "../output/execution-limits.ts";

/** The number of steps between two readings of the clock. */
const CLOCK_CHECK_INTERVAL = 16;

type LimitedOperation = Pick<Operation, "fail" | "failure" | "countFieldError" | "throwIfStopped">;

/**
 * The limits of a caller's operation. Known records cost neither calls nor waiting, so a short query that follows
 * relations back and forth could run for hours and exhaust the memory. Therefore the size of the answer and the CPU
 * time are limited while it runs, and it yields to other requests. Too many field errors also end it.
 */
export class AnswerLimits implements ExecutionLimits {
  readonly #operation: LimitedOperation;
  readonly #meter: Meter;
  readonly #maxBytes: number;
  #bytes = 0;
  #untilClockCheck = CLOCK_CHECK_INTERVAL;

  /** `maxBytes`: the maximum size of the answer, in bytes of JSON. */
  constructor(operation: LimitedOperation, meter: Meter, maxBytes: number) {
    this.#operation = operation;
    this.#meter = meter;
    this.#maxBytes = maxBytes;
  }

  /** Throws LIMIT_EXCEEDED, or the error with which the operation failed before. */
  addBytes(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes)
      throw this.#operation.fail(
        new AlmaError(
          "LIMIT_EXCEEDED",
          `The answer would have more than the allowed ${this.#maxBytes} bytes, so it was aborted. ` +
            "Ask for fewer records, with `first` or a filter, or for fewer fields.",
          { limit: "MAX_RESPONSE" },
        ),
      );
  }

  shouldYield(): boolean {
    if (this.#meter.turn) return true;
    if (--this.#untilClockCheck > 0) return false;
    const isDue = this.#meter.shouldYield();
    // If a yield is due, check at every step.
    this.#untilClockCheck = isDue ? 0 : CLOCK_CHECK_INTERVAL;
    return isDue;
  }

  async yieldToOthers(): Promise<void> {
    await this.#meter.yieldToOthers().catch(this.#fail);
    this.#operation.throwIfStopped();
  }

  charge<T>(work: () => T): T {
    return this.#meter.charge("the fields of the answer", work);
  }

  /** Runs work in steps like `Meter.run`. An operation over budget fails as a whole. */
  run<T>(cost: string, steps: Steps<T>): PromiseOrValue<T> {
    const result = this.#meter.run(cost, steps, () => this.#operation.throwIfStopped());
    return isPromise(result) ? result.catch(this.#fail) : result;
  }

  get hasFailed(): boolean {
    return this.#operation.failure !== undefined;
  }

  /** Counts only AlmaErrors. */
  countFieldError(error: unknown): unknown {
    return error instanceof AlmaError ? this.#operation.countFieldError(error) : error;
  }

  readonly #fail = (error: unknown): never => {
    const isOfMeter =
      error instanceof AlmaError && (error.limit === "CPU_BUDGET" || error.code === "OVERLOADED");
    if (isOfMeter) throw this.#operation.fail(error);
    throw error;
  };
}
