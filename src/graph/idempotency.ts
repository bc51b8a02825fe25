import { LRUCache } from "lru-cache";

const DAY = 24 * 3600 * 1000;
/** Keys of one day; beyond that the oldest are given up early. */
const MOST = 100_000;

/** An answer under a key. */
interface Kept<T> {
  readonly fingerprint: string;
  readonly answer: Promise<T>;
}

/** What became of a key: the answer to the same input, or that it was used for another. */
export type Once<T> = { readonly answer: T } | { readonly other: true };

/**
 * Writes that callers have marked with a key of their own: the same key with the same input is done once, and every
 * repetition within 24 hours has its answer, also while it is still under way. Per process.
 */
export class IdempotencyKeys<T> {
  readonly #kept = new LRUCache<string, Kept<T>>({ max: MOST, ttl: DAY });

  /**
   * Does the work unless it was done under this key. The key is free again after work that throws, or whose answer
   * `uses` says to have changed nothing: then the caller may mend the input, or try again.
   */
  async once(
    key: string,
    fingerprint: string,
    work: () => Promise<T>,
    uses: (answer: T) => boolean,
  ): Promise<Once<T>> {
    const before = this.#kept.get(key);
    if (before) return before.fingerprint === fingerprint ? { answer: await before.answer } : { other: true };
    const kept: Kept<T> = { fingerprint, answer: work() };
    this.#kept.set(key, kept);
    const free = () => {
      if (this.#kept.peek(key) === kept) this.#kept.delete(key);
    };
    kept.answer.then((answer) => uses(answer) || free(), free);
    return { answer: await kept.answer };
  }
}

/** One text for arguments that are the same, whatever the order of their fields. */
export function fingerprintOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
