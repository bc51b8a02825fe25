/**
 * Returns the share of `total` for one caller: half if there are several callers, so that none can block the others;
 * otherwise all.
 */
export const quotaOf = (total: number, hasSeveralCallers: boolean): number =>
  hasSeveralCallers ? Math.max(1, Math.floor(total / 2)) : total;

/** Gives up what was taken. Further calls do nothing. */
export type Release = () => void;

/** The number of keys from which those with count 0 are dropped. Dropping each would cost more than counting. */
const MANY_KEYS = 1_000;

/** Counts by key. */
export class CountByKey {
  readonly #counts = new Map<string, number>();
  #total = 0;

  /** The sum of all counts. */
  get total(): number {
    return this.#total;
  }

  get(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Adds a positive or negative amount. */
  add(key: string, amount: number): void {
    const count = this.get(key) + amount;
    this.#total += amount;
    if (count === 0 && this.#counts.size >= MANY_KEYS) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }

  /** Adds an amount until it is released. */
  take(key: string, amount: number): Release {
    this.add(key, amount);
    let isTaken = true;
    return () => {
      if (isTaken) this.add(key, -amount);
      isTaken = false;
    };
  }
}

/** The maximum size, in bytes, of computed answers not yet read by their callers. */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * Counts the bytes of computed answers not yet read: they use memory but no slot. A caller may hold at most as many
 * bytes as remain free, so that a few slow readers don't block others. Its first answer is never refused.
 */
export class UnreadBytes {
  readonly #ofCaller = new CountByKey();

  get total(): number {
    return this.#ofCaller.total;
  }

  /** Counts the bytes of an answer until they are released: sent or abandoned. Undefined if they don't fit. */
  tryTake(caller: string, bytes: number): Release | undefined {
    const own = this.#ofCaller.get(caller);
    if (own > 0 && own + bytes > MAX_BYTES - this.total) return undefined;
    return this.#ofCaller.take(caller, bytes);
  }
}
