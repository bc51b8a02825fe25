import { LRUCache } from "lru-cache";

const DAY_MS = 24 * 3600 * 1000;
/** The maximum number of stored keys. Beyond it, the least recently used key is dropped early. */
const MAX_KEYS = 100_000;

/** The answer of the request that first used a key. */
interface StoredAnswer<T> {
  readonly fingerprint: string;
  readonly answer: Promise<T>;
}

/** The answer to the request, or a mismatch: the key was used for another request. */
export type IdempotentAnswer<T> = { readonly answer: T } | { readonly isMismatch: true };

/**
 * The answers by idempotency key, per process. A request runs once for each key. The same request within 24 hours gets
 * the same answer, or waits for it.
 */
export class IdempotencyStore<T> {
  readonly #stored = new LRUCache<string, StoredAnswer<T>>({ max: MAX_KEYS, ttl: DAY_MS });

  /**
   * Runs the task unless the key has an answer. Requests with equal fingerprints are the same request. If the task
   * rejects, or its answer had no effect (`hasEffect`), the key is released: the caller may correct the input, or try
   * again.
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

/** Serializes arguments with their fields sorted, so that equal arguments have equal fingerprints. */
export function fingerprintOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
