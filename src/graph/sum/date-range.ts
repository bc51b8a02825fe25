/** What the days of one group come to. The names are the schema's. */
export interface DateSummary {
  readonly count: number;
  readonly min: string | null;
  readonly max: string | null;
}

/** The number of each group's days, the first and the last of them. */
export class DateRanges {
  readonly #counts: Int32Array;
  readonly #mins: Int32Array;
  readonly #maxs: Int32Array;

  constructor(groupCount: number) {
    this.#counts = new Int32Array(groupCount);
    this.#mins = new Int32Array(groupCount);
    this.#maxs = new Int32Array(groupCount);
  }

  /** Adds a day, given by its digits: 20240131. */
  add(group: number, digits: number): void {
    this.#counts[group] = (this.#counts[group] as number) + 1;
    const min = this.#mins[group] as number;
    if (min === 0 || digits < min) this.#mins[group] = digits;
    if (digits > (this.#maxs[group] as number)) this.#maxs[group] = digits;
  }

  summary(group: number): DateSummary {
    return {
      count: this.#counts[group] as number,
      min: textOf(this.#mins[group] as number),
      max: textOf(this.#maxs[group] as number),
    };
  }
}

function textOf(digits: number) {
  if (digits === 0) return null;
  const text = String(digits).padStart(8, "0");
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
}
