import type { CachedRecord } from "../record/cached-record.ts";
import { createOldestFirst } from "../store/oldest-first.ts";

/** How many stretches of time the maximum age is cut into. */
const STRETCHES = 64;

/** The share of the maximum age after which a detail is read again if few are; the rest is left for the call itself. */
export const MAINTAINED_SHARE = 1 - 2 / STRETCHES;

/** Details of one kind by when Alma last answered about them, and how many there are in each stretch of time. */
export class AgedDetails {
  readonly line = createOldestFirst();
  readonly #length: number;
  /** By the number of the stretch. */
  readonly #counts = new Map<number, number>();

  /** `maxAge`: in milliseconds. */
  constructor(maxAge: number) {
    this.#length = maxAge / STRETCHES;
  }

  set(cached: CachedRecord, at: number): void {
    this.#uncount(cached);
    this.line.set(cached, at);
    const stretch = Math.floor(at / this.#length);
    this.#counts.set(stretch, (this.#counts.get(stretch) ?? 0) + 1);
  }

  delete(cached: CachedRecord): void {
    this.#uncount(cached);
    this.line.delete(cached);
  }

  #uncount(cached: CachedRecord): void {
    const at = this.line.timeOf(cached);
    if (at === undefined) return;
    const stretch = Math.floor(at / this.#length);
    const count = (this.#counts.get(stretch) ?? 0) - 1;
    if (count > 0) this.#counts.set(stretch, count);
    else this.#counts.delete(stretch);
  }

  /** The beginning of each stretch that has details, and their number. */
  *stretches(): Generator<readonly [beganAt: number, count: number]> {
    for (const [stretch, count] of this.#counts) yield [stretch * this.#length, count];
  }
}

/**
 * When the oldest of these details has to be read at the latest, so that it and all others are read again before they
 * reach the maximum age, each in its turn: that of a stretch of time counts from the beginning of the stretch. A
 * quarter of the rate is left to lists and to what is urgent. Infinity if there are none.
 */
export function latestStart(
  kinds: readonly AgedDetails[],
  { maxAge, rate }: { readonly maxAge: number; readonly rate: number },
): number {
  const stretches = kinds.flatMap((kind) => [...kind.stretches()]).sort(([one], [other]) => one - other);
  let start = Number.POSITIVE_INFINITY;
  let count = 0;
  for (const [beganAt, records] of stretches) {
    count += records;
    start = Math.min(start, beganAt + MAINTAINED_SHARE * maxAge - 1.25 * (count / rate) * 1000);
  }
  return start;
}
