import type { ReadPeriod } from "../../../catalog/index.ts";

/** In milliseconds: with more between two readings, nothing was read in between. */
const GAP = 60_000;
/** Milliseconds by which dates are inexact. */
const TOLERANCE = 1_000;

/** When Alma was read, so that what is said of a past moment is as fresh as a reading of then, and no fresher. */
export class ReadPeriods {
  #periods: ReadPeriod[] = [];

  get last(): ReadPeriod | undefined {
    return this.#periods.at(-1);
  }

  /** Goes on from the periods that a store has, in their order. */
  continue(periods: readonly ReadPeriod[]): void {
    this.#periods = [
      ...periods,
      ...this.#periods.map((own, index) => ({ ...own, n: periods.length + index })),
    ];
  }

  /** Notes the end of a reading, by the wall clock. One that was set back begins another period. */
  note(at: number): void {
    const { last } = this;
    if (last && at <= last.until && at > last.until - TOLERANCE) return;
    const goesOn = last && at > last.until && at - last.until <= GAP;
    if (goesOn) this.#periods[last.n] = { ...last, until: at };
    else this.#periods.push({ n: this.#periods.length, since: at, until: at });
  }

  /** Whether nothing was read at a moment. */
  isGap(time: number): boolean {
    const read = this.before(time);
    return read !== undefined && time - read > GAP;
  }

  /** Whether the wall clock has shown a time twice while Alma was read, since it was set back. */
  isRepeated(time: number): boolean {
    return this.#periods.filter(({ since, until }) => since <= time && time <= until).length > 1;
  }

  /** A time at or before a moment at which all had been read for the last time before it, at the earliest. */
  before(time: number): number | undefined {
    const period = this.#periods.findLast(({ since }) => since <= time);
    return period && (period.until <= time ? period.until : Math.max(period.since, time - GAP));
  }
}
