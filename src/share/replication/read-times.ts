import { hash } from "node:crypto";
import { READING_TIMES, wasInvalidated } from "../../catalog/index.ts";
import { packReadings, type ReadingTimes, splitTimes } from "../../store/index.ts";

/** The readings in a commit. */
interface GatheredReadings {
  /** Packed by `packReadings`. */
  readonly readings: string;
  /** Whether these replace all earlier readings. */
  readonly isFolded: boolean;
}

/**
 * Finds the entries that were only read again, with the same result. A leader publishes only their times, some seconds
 * later; publishing whole entries would write them again and again without any change in Alma. `readTimesDelay`: the
 * milliseconds for which readings are collected, since a row takes space even if it contains little. The first reading
 * after a write has invalidated an entry is published immediately. If the process is killed, unpublished entries are
 * read again.
 */
export function createReadTimes(readTimesDelay: number) {
  /** The last published digest of each entry, and its current times. */
  const known = new Map<string, { readonly digest: string; times: ReadingTimes | undefined }>();
  const gathered = new Set<string>();
  let gatheredSince: number | undefined;
  /** The number of readings published since all entries were. */
  let published = 0;
  return {
    /** Returns whether an entry differs from the published one only in times. Otherwise it counts as published now. */
    notes(key: string, value: string | null, now: number): boolean {
      if (value === null) {
        known.delete(key);
        gathered.delete(key);
        return false;
      }
      const { rest, times } = splitTimes(value, READING_TIMES);
      const digest = hash("sha1", rest, "base64");
      const before = known.get(key);
      if (before?.digest === digest) {
        if (!before.times && wasInvalidated(rest)) gatheredSince = Number.NEGATIVE_INFINITY;
        before.times = times;
        gathered.add(key);
        gatheredSince ??= now;
        return true;
      }
      known.set(key, { digest, times: undefined });
      gathered.delete(key);
      return false;
    },

    /** Returns the readings to publish now; undefined if there are none, or not yet. */
    take(now: number, isLast: boolean): GatheredReadings | undefined {
      const isDue = gatheredSince !== undefined && (isLast || now - gatheredSince >= readTimesDelay);
      if (!isDue || gathered.size === 0) return undefined;
      gatheredSince = undefined;
      published += gathered.size;
      const isFolded = published > 4 * known.size + 1_000;
      if (isFolded) published = 0;
      const readings = [...(isFolded ? known.keys() : gathered)].flatMap((key) => {
        const times = known.get(key)?.times;
        return times ? [[key, times] as const] : [];
      });
      gathered.clear();
      return { readings: packReadings(readings), isFolded };
    },

    /** Starts again: all entries must be published completely. */
    clear(): void {
      known.clear();
      gathered.clear();
      gatheredSince = undefined;
    },
  };
}
