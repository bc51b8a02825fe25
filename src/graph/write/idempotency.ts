import { LRUCache } from "lru-cache";

const DAY_MS = 24 * 3600 * 1000;
/** The maximum number of stored keys. Beyond it, the least recently used key is dropped early. */
const MAX_KEYS = 100_000;

/** The answer of the last request that ran under a key. */
interface StoredAnswer<T> {
  readonly fingerprint: string;
  readonly answer: Promise<T>;
  /** The answer, if it decides nothing: the next such request runs again. */
  undecided?: T;
}

/** The answer to the request, or a mismatch: the key was used for another request. */
export type IdempotentAnswer<T> = { readonly answer: T } | { readonly isMismatch: true };

/**
 * What an answer means for its key. "final": the request had its effect, and repetitions get this answer. "undecided":
 * it may have had its effect, so that a repetition runs again, knowing this answer. "none": it had no effect, and the
 * key is released.
 */
export type Effect = "final" | "undecided" | "none";

/**
 * The answers by idempotency key, per process. A request has its effect once for each key. The same request within 24
 * hours gets the same answer, or waits for it.
 */
export class IdempotencyStore<T> {
  readonly #stored = new LRUCache<string, StoredAnswer<T>>({ max: MAX_KEYS, ttl: DAY_MS });

  /**
   * Runs the task unless the key has a final answer. Requests with equal fingerprints are the same request. The task
   * gets the undecided answer of an earlier run. If it rejects, the key is as before: the caller may try again.
   */
  async runOnce(
    key: string,
    fingerprint: string,
    task: (undecided: T | undefined) => Promise<T>,
    effectOf: (answer: T) => Effect,
  ): Promise<IdempotentAnswer<T>> {
    const existing = this.#stored.get(key);
    if (existing && existing.fingerprint !== fingerprint) return { isMismatch: true };
    if (existing && existing.undecided === undefined) return { answer: await existing.answer };
    const stored: StoredAnswer<T> = { fingerprint, answer: task(existing?.undecided) };
    this.#stored.set(key, stored);
    const settle = (undecided: T | undefined) => {
      if (undecided !== undefined) stored.undecided = undecided;
      else if (this.#stored.peek(key) === stored) this.#stored.delete(key);
    };
    stored.answer.then(
      (answer) => {
        const effect = effectOf(answer);
        if (effect !== "final") settle(effect === "undecided" ? answer : undefined);
      },
      () => settle(existing?.undecided),
    );
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
