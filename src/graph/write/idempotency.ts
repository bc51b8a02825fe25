import { LRUCache } from "lru-cache";

const DAY_MS = 24 * 3600 * 1000;
/** Keys of one day; beyond that the oldest are given up early. */
const MAX_KEYS = 100_000;

/** An answer under a key. */
interface StoredAnswer<T> {
  readonly fingerprint: string;
  readonly answer: Promise<T>;
}

/** What became of a key: the answer to the same input, or that it was used for another. */
export type IdempotentAnswer<T> = { readonly answer: T } | { readonly isMismatch: true };

/**
 * Writes that callers have marked with a key of their own: the same key with the same input is done once, and every
 * repetition within 24 hours has its answer, also while it is still under way. Per process.
 */
export class IdempotencyStore<T> {
  readonly #stored = new LRUCache<string, StoredAnswer<T>>({ max: MAX_KEYS, ttl: DAY_MS });

  /**
   * Does the work unless it was done under this key. The key is free again after work that throws, or whose answer
   * `uses` says to have changed nothing: then the caller may mend the input, or try again.
   */
  async runOnce(
    key: string,
    fingerprint: string,
    task: () => Promise<T>,
    hasEffect: (answer: T) => boolean,
  ): Promise<IdempotentAnswer<T>> {
    const existing = this.#stored.get(key);
    if (existing)
      return existing.fingerprint === fingerprint ? { answer: await existing.answer } : { isMismatch: true };
    const stored: StoredAnswer<T> = { fingerprint, answer: task() };
    this.#stored.set(key, stored);
    const release = () => {
      if (this.#stored.peek(key) === stored) this.#stored.delete(key);
    };
    stored.answer.then((answer) => hasEffect(answer) || release(), release);
    return { answer: await stored.answer };
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
