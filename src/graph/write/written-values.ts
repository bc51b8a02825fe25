import type { CachedRecord } from "../../catalog/index.ts";
import { growingCache } from "./growing-cache.ts";
import { fingerprintOf } from "./idempotency.ts";

/** The maximum number of remembered values. Beyond it, the least recently used is dropped. */
const MAX_VALUES = 100_000;

/**
 * What Alma made of a value that it accepted and does not show as sent. "taken": it shows the value in another form, or
 * never shows the field. "unclear": it shows the field as before. "not-taken": so for the second time.
 */
export type Verdict = "taken" | "unclear" | "not-taken";

/**
 * The values that Alma accepted and does not show as sent, per process, by record and field. A verdict holds as long as
 * the value to be sent and the value that Alma shows are the same. Values may be long, or secret, and are not kept.
 */
export function createWrittenValues() {
  const verdicts = growingCache<{ readonly fingerprint: string; readonly verdict: Verdict }>(MAX_VALUES);

  const keyOf = ({ key }: CachedRecord, field: string) => `${key} ${field}`;

  function note(record: CachedRecord, field: string, sent: unknown, shown: unknown, verdict: Verdict) {
    verdicts.set(keyOf(record, field), { fingerprint: fingerprintOf([sent, shown ?? null]), verdict });
    return verdict;
  }

  /** The verdict on a value, where Alma shows another; undefined if the value was not sent yet. */
  function verdictOf(
    record: CachedRecord,
    field: string,
    sent: unknown,
    shown: unknown,
  ): Verdict | undefined {
    const known = verdicts.get(keyOf(record, field));
    return known?.fingerprint === fingerprintOf([sent, shown ?? null]) ? known.verdict : undefined;
  }

  return {
    verdictOf,
    /** Notes that Alma has taken a value, and what it shows instead. */
    noteTaken(record: CachedRecord, field: string, sent: unknown, shown: unknown) {
      note(record, field, sent, shown, "taken");
    },
    /**
     * Notes that Alma shows a field as before, although it accepted a value. Returns the verdict: the second is final.
     */
    noteUnchanged(record: CachedRecord, field: string, sent: unknown, shown: unknown) {
      const isFirst = verdictOf(record, field, sent, shown) === undefined;
      return note(record, field, sent, shown, isFirst ? "unclear" : "not-taken");
    },
    /** Notes that Alma shows a field as it was sent. */
    forget(record: CachedRecord, field: string) {
      verdicts.delete(keyOf(record, field));
    },
  };
}

export type WrittenValues = ReturnType<typeof createWrittenValues>;
