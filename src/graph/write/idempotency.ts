import { LRUCache } from "lru-cache";

const DAY_MS = 24 * 3600 * 1000;
/** The most keys remembered. Beyond it, the least recently used key is forgotten before its time. */
const MAX_KEYS = 100_000;

/** The answer of the request that first used a key. */
interface StoredAnswer<T> {
  readonly fingerprint: string;
  readonly answer: Promise<T>;
}

/** The answer to the same request, or that the key was used for another request. */
export type IdempotentAnswer<T> = { readonly answer: T } | { readonly isMismatch: true };

/**
 * Answers by idempotency key. A request runs once for each key. A repetition of the same request within 24 hours gets
 * the same answer, or waits for it. Per process.
 */
export class IdempotencyStore<T> {
  readonly #stored = new LRUCache<string, StoredAnswer<T>>({ max: MAX_KEYS, ttl: DAY_MS });

  /**
   * Runs the task, unless the key has an answer. `fingerprint` tells whether two requests are the same. After a task
   * that throws, or whose answer had no effect (`hasEffect`), the key can be used again: the caller may correct the
   * input, or try again.
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

/** A text that is the same for equal arguments, whatever the order of their fields. */
export function fingerprintOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
