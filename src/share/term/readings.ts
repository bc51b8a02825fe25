import { hash } from "node:crypto";
import { READING_TIMES } from "../../catalog/index.ts";
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
 * later, since whole entries would be written again and again without any change in Alma.
 */
export class Readings {
  readonly #gatherTime: number;
  /** By key: what was last published, and the times that count now. */
  #known = new Map<string, { readonly digest: string; times: ReadingTimes | undefined }>();
  readonly #gathered = new Set<string>();
  #gatheredSince: number | undefined;
  /** Readings that were published since all were. */
  #published = 0;

  /**
   * `gatherTime`: milliseconds for which readings are gathered, since a row takes its room, however little it has. What
   * is not published yet is read once more by whoever follows a process that was killed.
   */
  constructor(gatherTime: number) {
    this.#gatherTime = gatherTime;
  }

  /** Whether an entry differs from what was published in times alone. Otherwise it counts as published from now on. */
  notes(key: string, value: string | null, now: number): boolean {
    if (value === null) {
      this.#known.delete(key);
      this.#gathered.delete(key);
      return false;
    }
    const { rest, times } = splitTimes(value, READING_TIMES);
    const digest = hash("sha1", rest, "base64");
    const known = this.#known.get(key);
    if (known?.digest === digest) {
      known.times = times;
      this.#gathered.add(key);
      this.#gatheredSince ??= now;
      return true;
    }
    this.#known.set(key, { digest, times: undefined });
    this.#gathered.delete(key);
    return false;
  }

  /** What is to be published of readings now; undefined if there is nothing, or not yet. */
  take(now: number, isLast: boolean): GatheredReadings | undefined {
    const isDue =
      this.#gatheredSince !== undefined && (isLast || now - this.#gatheredSince >= this.#gatherTime);
    if (!isDue || this.#gathered.size === 0) return undefined;
    this.#gatheredSince = undefined;
    this.#published += this.#gathered.size;
    const isFolded = this.#published > 4 * this.#known.size + 1_000;
    if (isFolded) this.#published = 0;
    const keys = isFolded ? this.#known.keys() : this.#gathered;
    const readings = [...keys].flatMap((key) => {
      const times = this.#known.get(key)?.times;
      return times ? [[key, times] as const] : [];
    });
    this.#gathered.clear();
    return { readings: packReadings(readings), isFolded };
  }

  /** Begins anew: all entries are to be published as they are. */
  clear(): void {
    this.#known.clear();
    this.#gathered.clear();
    this.#gatheredSince = undefined;
  }
}
