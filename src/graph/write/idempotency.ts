import { createHash } from "node:crypto";
import { AlmaError } from "../../alma/index.ts";
import type { StoredKey, StoredKeys } from "../../catalog/index.ts";
import { growingCache } from "./growing-cache.ts";
import { isOutcomeUnknown, type MutationResult, userError } from "./user-error.ts";

const DAY_MS = 24 * 3600 * 1000;
/** The maximum number of stored keys. Beyond it, the least recently used key is dropped early. */
const MAX_KEYS = 100_000;

/** The result of the request, or that the key was used for another one. */
type Answer = MutationResult | "mismatch";

/** Runs a request. It gets the undecided result of an earlier run. */
type Task = (undecided: MutationResult | undefined) => Promise<MutationResult>;

/** The answer of the last request that ran under a key. */
interface StoredAnswer {
  readonly fingerprint: string;
  readonly answer: Promise<Answer>;
  /** The result, if it decides nothing: the next such request runs again. */
  undecided?: MutationResult;
}

/**
 * What a result means for its key. "final": the request had its effect, and repetitions get this result. "undecided":
 * it may have had its effect, so that a repetition runs again, knowing this result. "none": it had no effect, and the
 * key is released.
 */
function effectOf(result: MutationResult) {
  if (isOutcomeUnknown(result)) return "undecided";
  return result.isWritten ? "final" : "none";
}

/**
 * Runs requests by idempotency key, and keeps their results in this process and, if `keys` are given, beyond it. A
 * request has its effect once for each key. The same request within 24 hours gets the same result, or waits for it.
 */
export function createIdempotencyStore(keys?: StoredKeys) {
  const stored = growingCache<StoredAnswer>(MAX_KEYS, DAY_MS);

  /**
   * Runs the task unless the key has a final result. Requests with equal fingerprints are the same request. If the task
   * rejects, the key is as before: the caller may try again. `kept`: what is kept with the key beyond this process.
   */
  return async (
    key: string,
    fingerprint: string,
    task: Task,
    kept?: Pick<StoredKey, "mutation" | "keptFor">,
  ): Promise<Answer> => {
    const existing = stored.get(key);
    if (existing && existing.fingerprint !== fingerprint) return "mismatch";
    if (existing && existing.undecided === undefined) return existing.answer;
    const answer = keys ? runKept(keys, key, { ...kept, fingerprint }, task) : task(existing?.undecided);
    const started: StoredAnswer = { fingerprint, answer };
    stored.set(key, started);
    const settle = (undecided: MutationResult | undefined) => {
      if (undecided !== undefined) started.undecided = undecided;
      else if (stored.peek(key) === started) stored.delete(key);
    };
    answer.then(
      (result) => {
        if (result === "mismatch" || effectOf(result) === "none") settle(undefined);
        else if (effectOf(result) === "undecided") settle(result);
      },
      () => settle(existing?.undecided),
    );
    return answer;
  };
}

export type RunOnce = ReturnType<typeof createIdempotencyStore>;

/** Runs a task by what is kept beyond this process, which is known here only of requests under way. */
async function runKept(
  keys: StoredKeys,
  key: string,
  request: Pick<StoredKey, "fingerprint" | "mutation" | "keptFor">,
  task: Task,
): Promise<Answer> {
  const kept = await keys.find(key);
  if (kept && kept.state !== "begun" && kept.fingerprint !== request.fingerprint) return "mismatch";
  // Safe: it is what is kept of results below.
  const known = kept?.answer as MutationResult;
  if (kept?.state === "final") return known;
  const undecided =
    kept?.state === "undecided" ? known : kept?.state === "sent" ? sentElsewhere(kept) : undefined;
  if (undecided === undefined) await keys.keep(key, { ...request, state: "begun" });
  // Where it cannot be kept, what was kept before leads a repetition to look.
  const keep = (next: StoredKey | undefined) => keys.keep(key, next).catch(() => {});
  try {
    const result = await task(undecided);
    const state = effectOf(result);
    // The impact was shown to whoever has asked for it.
    const { impact: _, ...answer } = result;
    await keep(state === "none" ? undefined : { ...request, state, answer });
    return result;
  } catch (error) {
    // Anything else is unexpected: something may have been done.
    if (error instanceof AlmaError) await keep(undecided === undefined ? undefined : kept);
    throw error;
  }
}

/** The undecided result of a request that another process has sent. */
function sentElsewhere({ before }: StoredKey): MutationResult {
  const message = "The process that sent it has not told what became of it.";
  return {
    userErrors: [userError("OUTCOME_UNKNOWN", [], message)],
    isWritten: false,
    sent: "elsewhere",
    before,
  };
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
