/**
 * How many of `total` one caller may have: half where several callers are identified, so that no single one stops the
 * others; all where there is one, or nobody is identified.
 */
export const quotaOf = (total: number, hasSeveralCallers: boolean): number =>
  hasSeveralCallers ? Math.max(1, Math.floor(total / 2)) : total;

/** Counts by a key, without the keys whose count is 0. */
export class Tally {
  readonly #counts = new Map<string, number>();

  get(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Adds a positive or negative amount. */
  add(key: string, amount: number): void {
    const count = this.get(key) + amount;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}
