import { hash } from "node:crypto";
import { AlmaError, isObject } from "../../alma/index.ts";
import type { StoredKey, StoredKeys } from "../../catalog/index.ts";
import { DAY } from "../../config/index.ts";
import { growingCache } from "./growing-cache.ts";
import { isOutcomeUnknown, type MutationResult } from "./mutation-result.ts";
import { userError } from "./user-error.ts";

/** The result of a request, or "mismatch" if its key was used for a different request. */
type Answer = MutationResult | "mismatch";

/** Performs a request. `earlier`: the result of its last attempt with the same key, if the outcome is unknown. */
export type Task = (earlier?: MutationResult) => Promise<MutationResult>;

/**
 * Decides what a result means for its key:
 *
 * | effect | the request | a repetition |
 * | --- | --- | --- |
 * | final | took effect | gets this result |
 * | undecided | may have taken effect | runs again, and is given this result |
 * | none | had no effect | runs as if it were the first |
 */
function effectOf(result: MutationResult) {
  if (isOutcomeUnknown(result)) return "undecided";
  return result.isWritten ? "final" : "none";
}

/** Where keys are stored. */
type KeyStore = Pick<StoredKeys, "find" | "keep">;

/** Stores keys in this process. */
function keysInMemory(): KeyStore {
  const stored = growingCache<StoredKey>();
  return {
    find: async (key) => stored.get(key),
    async keep(key, kept) {
      // Without a value, `set` deletes the key.
      stored.set(key, kept, { ttl: kept?.keptFor ?? DAY });
    },
  };
}

/**
 * Creates the function that runs a request under its idempotency key, so that it takes effect once. For 24 hours, or
 * `keptFor`, a repetition gets the same result, or waits for it if the first is still running. Keys are stored in this
 * process, or in `keys`.
 */
export function createIdempotencyStore(keys: KeyStore = keysInMemory()) {
  /** Requests in progress, and final results with their impact, which is not stored. */
  const answers = growingCache<{ readonly fingerprint: string; readonly answer: Promise<Answer> }>(DAY);

  /**
   * Runs the task unless the key has a final result. Requests with equal fingerprints are the same. If the task
   * rejects, the key is unchanged, so that the caller may retry. `kept`: stored with the key.
   */
  return async (
    key: string,
    fingerprint: string,
    task: Task,
    kept?: Pick<StoredKey, "mutation" | "keptFor">,
  ): Promise<Answer> => {
    const known = answers.get(key);
    if (known) return known.fingerprint === fingerprint ? known.answer : "mismatch";
    const answer = runStored(keys, key, { ...kept, fingerprint }, task);
    answers.set(key, { fingerprint, answer });
    const forget = () => answers.delete(key);
    answer.then((result) => {
      if (result === "mismatch" || effectOf(result) !== "final") forget();
    }, forget);
    return answer;
  };
}

/** Runs requests once per idempotency key. */
export type RunOnce = ReturnType<typeof createIdempotencyStore>;

/** Runs a task unless its key has a final result, and stores what it means for the key. */
async function runStored(
  keys: KeyStore,
  key: string,
  request: Pick<StoredKey, "fingerprint" | "mutation" | "keptFor">,
  task: Task,
): Promise<Answer> {
  const kept = await keys.find(key);
  if (kept && kept.state !== "begun" && kept.fingerprint !== request.fingerprint) return "mismatch";
  // Safe: it was stored by the code below.
  const known = kept?.answer as MutationResult;
  if (kept?.state === "final") return known;
  const earlier =
    kept?.state === "undecided" ? known : kept?.state === "sent" ? sentElsewhere(kept) : undefined;
  if (earlier === undefined) await keys.keep(key, { ...request, state: "begun" });
  // If the result cannot be stored, the key keeps its earlier state, and a repetition looks for the effect first.
  const keep = (next: StoredKey | undefined) => keys.keep(key, next).catch(() => {});
  try {
    const result = await task(earlier);
    const state = effectOf(result);
    // The impact cannot be stored.
    const { impact: _, ...answer } = result;
    await keep(state === "none" ? undefined : { ...request, state, answer });
    return result;
  } catch (error) {
    // Any other error is unexpected: the request may have been performed.
    if (error instanceof AlmaError) await keep(earlier === undefined ? undefined : kept);
    throw error;
  }
}

/** Returns the result of a request that another process sent: its outcome is unknown. */
function sentElsewhere({ before }: StoredKey): MutationResult {
  const message = "The process that sent it has not reported the outcome.";
  return {
    userErrors: [userError("OUTCOME_UNKNOWN", [], message)],
    isWritten: false,
    sent: { before },
  };
}

/** Hashes arguments. The order of fields does not matter. */
export function fingerprintOf(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) => {
    // JSON has no infinite numbers, but parsing 1e400 returns one.
    if (typeof part === "number" && !Number.isFinite(part)) return String(part);
    return isObject(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  });
  return hash("sha256", text, "base64");
}
