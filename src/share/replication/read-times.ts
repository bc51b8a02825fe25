import { hash } from "node:crypto";
import { READING_TIMES, wasInvalidated } from "../../catalog/index.ts";
import { packReadings, type ReadingTimes, splitTimes } from "../../store/index.ts";

/** What a commit says of readings. */
export interface GatheredReadings {
  /** Packed. */
  readonly readings: string;
  /** Whether it has all readings that count, so that those before can be forgotten. */
  readonly isFolded: boolean;
}

/**
 * Which entries were only read again, with the same result: of these a leader publishes the times alone, some seconds
 * later, since whole entries would be written again and again without any change in Alma. `readTimesDelay`: the
 * milliseconds for which readings are gathered, since a row takes its room, however little it has; the first after a
 * write has invalidated an entry is published at once. What is not published is read once more after the process was
 * killed.
 */
export function createReadTimes(readTimesDelay: number) {
  /** By key: what was last published, and the times that count now. */
  const known = new Map<string, { readonly digest: string; times: ReadingTimes | undefined }>();
  const gathered = new Set<string>();
  let gatheredSince: number | undefined;
  /** Readings that were published since all were. */
  let published = 0;
  return {
    /** Whether an entry differs from what was published in times alone. Otherwise it counts as published from now. */
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

    /** What is to be published of readings now; undefined if there is nothing, or not yet. */
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

    /** Begins anew: all entries are to be published as they are. */
    clear(): void {
      known.clear();
      gathered.clear();
      gatheredSince = undefined;
    },
  };
}
