import { type CachedRecord, type Level, NEVER, SUMMARY } from "../../catalog/index.ts";
import { type RecordVersion, versionOf } from "./record-view.ts";

/** A level for what is shown through a view by now. */
const TAKEN = -1;

/** How texts have shown a record, for the view that is made of it. */
interface ShownRecord {
  readonly version: RecordVersion;
  readonly cutoff: number;
}

/**
 * The records that texts of one answer have shown without views. Their contents, and when their details were read, stay
 * as they were: before that changes, a record is taken. Only a summary may have been read again.
 */
export class ShownRecords {
  readonly #places = new Map<CachedRecord, number>();
  // By place:
  readonly #levels: (Level | typeof TAKEN)[] = [];
  readonly #cutoffs: number[] = [];
  readonly #summariesAt: number[] = [];

  /** The place of a record, for the other methods; undefined if it was not shown. */
  placeOf(cached: CachedRecord): number | undefined {
    return this.#places.get(cached);
  }

  /** Whether the record of a place was shown at this level, or a higher one, and under this cut-off. */
  isShown(place: number, level: Level, cutoff: number): boolean {
    return (this.#levels[place] as number) >= level && this.#cutoffs[place] === cutoff;
  }

  /** The youngest cut-off under which the record of a place was shown. */
  cutoffAt(place: number): number {
    return this.#cutoffs[place] as number;
  }

  /** Notes that a record was shown. Returns whether it is the first time. */
  note(cached: CachedRecord, place: number | undefined, level: Level, cutoff: number): boolean {
    if (place !== undefined) {
      this.#levels[place] = Math.max(this.#levels[place] as Level, level) as Level;
      this.#cutoffs[place] = Math.max(this.#cutoffs[place] as number, cutoff);
      return false;
    }
    this.#places.set(cached, this.#levels.length);
    this.#levels.push(level);
    this.#cutoffs.push(cutoff);
    this.#summariesAt.push(cached.asOf(SUMMARY));
    return true;
  }

  /** Takes a record, which is shown through a view from now on; undefined if it was not shown. */
  take(cached: CachedRecord): ShownRecord | undefined {
    const place = this.#places.get(cached);
    if (place === undefined) return undefined;
    this.#places.delete(cached);
    this.#levels[place] = TAKEN;
    const summaryAt = this.#summariesAt[place] as number;
    return { version: { ...versionOf(cached), summaryAt }, cutoff: this.#cutoffs[place] as number };
  }

  /** How many of them had been read before a time when they were shown. */
  countReadBefore(time: number): number {
    let count = 0;
    for (const [place, at] of this.#summariesAt.entries())
      if (at > NEVER && at < time && this.#levels[place] !== TAKEN) count++;
    return count;
  }
}
