import { createHash } from "node:crypto";
import { AlmaError } from "../../alma/index.ts";
import type { StoredKey, StoredKeys } from "../../catalog/index.ts";
import { growingCache } from "./growing-cache.ts";

const DAY_MS = 24 * 3600 * 1000;
/** The maximum number of stored keys. Beyond it, the least recently used key is dropped early. */
const MAX_KEYS = 100_000;

/** The answer of the last request that ran under a key. */
interface StoredAnswer<T> {
  readonly fingerprint: string;
  readonly answer: Promise<IdempotentAnswer<T>>;
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

/** How answers are kept beyond this process. */
export interface Keeping<T> {
  readonly keys: StoredKeys;
  /** The part of an answer that JSON can have. */
  toJson(answer: T): unknown;
  /** The undecided answer of a request that another process has sent. */
  sentElsewhere(kept: StoredKey): T;
}

/**
 * The answers by idempotency key, in this process and, if `keeping` is given, beyond it. A request has its effect once
 * for each key. The same request within 24 hours gets the same answer, or waits for it.
 */
export class IdempotencyStore<T> {
  readonly #stored = growingCache<StoredAnswer<T>>(MAX_KEYS, DAY_MS);
  readonly #keeping: Keeping<T> | undefined;

  constructor(keeping?: Keeping<T>) {
    this.#keeping = keeping;
  }

  /**
   * Runs the task unless the key has a final answer. Requests with equal fingerprints are the same request. The task
   * gets the undecided answer of an earlier run. If it rejects, the key is as before: the caller may try again.
   * `keptFor`: as of `StoredKey`.
   */
  async runOnce(
    key: string,
    fingerprint: string,
    task: (undecided: T | undefined) => Promise<T>,
    effectOf: (answer: T) => Effect,
    keptFor?: number,
  ): Promise<IdempotentAnswer<T>> {
    const existing = this.#stored.get(key);
    if (existing && existing.fingerprint !== fingerprint) return { isMismatch: true };
    if (existing && existing.undecided === undefined) return existing.answer;
    const run = async (undecided: T | undefined) => ({ answer: await task(undecided) });
    const answer = this.#keeping
      ? this.#runKept(this.#keeping, key, { fingerprint, keptFor }, run, effectOf)
      : run(existing?.undecided);
    const stored: StoredAnswer<T> = { fingerprint, answer };
    this.#stored.set(key, stored);
    const settle = (undecided: T | undefined) => {
      if (undecided !== undefined) stored.undecided = undecided;
      else if (this.#stored.peek(key) === stored) this.#stored.delete(key);
    };
    answer.then(
      (outcome) => {
        const effect = "answer" in outcome ? effectOf(outcome.answer) : "none";
        if (effect !== "final")
          settle(effect === "undecided" && "answer" in outcome ? outcome.answer : undefined);
      },
      () => settle(existing?.undecided),
    );
    return answer;
  }

  /** As `runOnce`, by what is kept beyond this process, which is known here only of requests under way. */
  async #runKept(
    { keys, toJson, sentElsewhere }: Keeping<T>,
    key: string,
    request: Pick<StoredKey, "fingerprint" | "keptFor">,
    run: (undecided: T | undefined) => Promise<{ readonly answer: T }>,
    effectOf: (answer: T) => Effect,
  ): Promise<IdempotentAnswer<T>> {
    const kept = await keys.find(key);
    if (kept && kept.state !== "begun" && kept.fingerprint !== request.fingerprint)
      return { isMismatch: true };
    // Safe: it is what `toJson` has made of an answer.
    if (kept?.state === "final") return { answer: kept.answer as T };
    const undecided =
      kept?.state === "undecided"
        ? (kept.answer as T)
        : kept?.state === "sent"
          ? sentElsewhere(kept)
          : undefined;
    if (undecided === undefined) await keys.keep(key, { ...request, state: "begun" });
    // Where it cannot be kept, what was kept before leads a repetition to look.
    const keep = (next: StoredKey | undefined) => keys.keep(key, next).catch(() => {});
    let outcome: { readonly answer: T };
    try {
      outcome = await run(undecided);
    } catch (error) {
      // Anything else is unexpected: something may have been done.
      if (error instanceof AlmaError) await keep(undecided === undefined ? undefined : kept);
      throw error;
    }
    const state = effectOf(outcome.answer);
    await keep(state === "none" ? undefined : { ...request, state, answer: toJson(outcome.answer) });
    return outcome;
  }
}

/** The hash of arguments, so that equal arguments have equal fingerprints, in whatever order their fields are. */
export function fingerprintOf(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) => {
    // JSON has no infinite numbers, but texts such as 1e400 are parsed as them.
    if (typeof part === "number" && !Number.isFinite(part)) return String(part);
    return typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  });
  return createHash("sha256").update(text).digest("base64");
}
