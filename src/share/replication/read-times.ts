import { hash } from "node:crypto";
import { READING_TIMES, wasInvalidated } from "../../catalog/index.ts";
import { packReadings, type ReadingTimes, splitTimes } from "../../store/index.ts";

/** The read times in a commit. */
interface CollectedReadTimes {
  /** Packed by `packReadings`. */
  readonly readings: string;
  /** Whether these replace all earlier read times. */
  readonly replacesAll: boolean;
}

/**
 * Finds the entries that were read again with the same result. Of these, a leader publishes only the new read times,
 * many together after `readTimesDelay` milliseconds. Publishing the whole entries would write all of them again every
 * few minutes, although nothing has changed in Alma. Exception: the first read after a write has invalidated an entry
 * is published immediately. If the process is killed before, the next one reads these records again.
 */
export function createReadTimes(readTimesDelay: number) {
  /** By entry, the digest of what was last published, and the read times since. */
  const known = new Map<string, { readonly digest: string; times: ReadingTimes | undefined }>();
  const collected = new Set<string>();
  let collectedSince: number | undefined;
  /** How many read times were published since they last replaced all earlier ones. */
  let published = 0;
  return {
    /** Returns whether an entry differs from the published one only in its times. If not, notes it as published. */
    notes(key: string, value: string | null, now: number): boolean {
      if (value === null) {
        known.delete(key);
        collected.delete(key);
        return false;
      }
      const { rest, times } = splitTimes(value, READING_TIMES);
      const digest = hash("sha1", rest, "base64");
      const before = known.get(key);
      if (before?.digest === digest) {
        if (!before.times && wasInvalidated(rest)) collectedSince = -Infinity;
        before.times = times;
        collected.add(key);
        collectedSince ??= now;
        return true;
      }
      known.set(key, { digest, times: undefined });
      collected.delete(key);
      return false;
    },

    /** Takes the read times to publish now; undefined if there are none, or they are not due. */
    take(now: number, isLast: boolean): CollectedReadTimes | undefined {
      const isDue = collectedSince !== undefined && (isLast || now - collectedSince >= readTimesDelay);
      if (!isDue || collected.size === 0) return undefined;
      collectedSince = undefined;
      published += collected.size;
      const replacesAll = published > 4 * known.size + 1_000;
      if (replacesAll) published = 0;
      const readings = [...(replacesAll ? known.keys() : collected)].flatMap((key) => {
        const times = known.get(key)?.times;
        return times ? [[key, times] as const] : [];
      });
      collected.clear();
      return { readings: packReadings(readings), replacesAll };
    },

    /** Forgets what was published, because all entries are published again. */
    clear(): void {
      known.clear();
      collected.clear();
      collectedSince = undefined;
    },
  };
}
