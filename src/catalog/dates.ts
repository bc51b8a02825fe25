import type { Clock } from "../alma/index.ts";

/** In milliseconds: the wall clock and the catalog's clock drift apart by less, unless the wall clock is set. */
const MAX_CLOCK_DRIFT = 500;
/** Milliseconds: what the wall clock leaves out is no difference. */
const MAX_DATE_ERROR = 2;

/** Dates of times of the catalog's clock. Equal times give equal dates, unless the wall clock is set. */
export class Dates {
  readonly #clock: Clock;
  /** Milliseconds by which the wall clock is ahead of the catalog's clock. */
  #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = Date.now() - clock();
  }

  of(at: number): Date {
    this.#adjust(MAX_CLOCK_DRIFT);
    return new Date(this.#offset + at);
  }

  /** Goes by the clock as it is now: it was moved on, so that dates would be too young. */
  followClock(): void {
    this.#adjust(MAX_DATE_ERROR);
  }

  #adjust(tolerance: number): void {
    const offset = Date.now() - this.#clock();
    if (Math.abs(offset - this.#offset) > tolerance) this.#offset = offset;
  }
}
