import type { ReadPeriod } from "../../catalog/index.ts";

/** The pause between two readings, in milliseconds, above which Alma counts as not read in between. */
const GAP = 60_000;
/** The inaccuracy of dates in milliseconds. */
const TOLERANCE = 1_000;

/** Tracks when Alma was read, so that a view of a past moment is as fresh as a reading at that time, and no fresher. */
export class ReadPeriods {
  #periods: ReadPeriod[] = [];

  get last(): ReadPeriod | undefined {
    return this.#periods.at(-1);
  }

  /** Continues the read periods of a store, in order. */
  continue(periods: readonly ReadPeriod[]): void {
    this.#periods = [
      ...periods,
      ...this.#periods.map((own, index) => ({ ...own, n: periods.length + index })),
    ];
  }

  /** Records the end of a reading, by the wall clock. A clock that was set back starts a new period. */
  note(at: number): void {
    const { last } = this;
    if (last && at <= last.until && at > last.until - TOLERANCE) return;
    const goesOn = last && at > last.until && at - last.until <= GAP;
    if (goesOn) this.#periods[last.n] = { ...last, until: at };
    else this.#periods.push({ n: this.#periods.length, since: at, until: at });
  }

  /** Returns whether nothing was read at a moment. */
  isGap(time: number): boolean {
    const read = this.before(time);
    return read !== undefined && time - read > GAP;
  }

  /** Returns whether the wall clock showed a time twice while Alma was read, because it was set back. */
  isRepeated(time: number): boolean {
    return this.#periods.filter(({ since, until }) => since <= time && time <= until).length > 1;
  }

  /**
   * Returns whether data known since one time was known at another. Either time may be the later one, if the wall clock
   * was set back in between.
   */
  wasKnown(since: number, time: number): boolean {
    if (since <= time) return true;
    const own = this.#periods.findLastIndex((period) => period.since <= time);
    const lastReaching = this.#periods.findLastIndex(({ until }) => since <= until);
    return lastReaching >= 0 && lastReaching < own;
  }

  /** Returns the earliest possible time at which everything had been read before the given time. */
  before(time: number): number | undefined {
    const period = this.#periods.findLast(({ since }) => since <= time);
    return period && (period.until <= time ? period.until : Math.max(period.since, time - GAP));
  }
}
