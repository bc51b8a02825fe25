import { type Catalog, type CatalogEntry, isAboutList, READING_TIMES } from "../../catalog/index.ts";
import type { LastingStore, OpenEntry, ReadingTimes, Seal, StoredEntry } from "../../store/index.ts";
import { unpackReadings, withTimes } from "../../store/index.ts";
import { READINGS } from "./publisher.ts";

/** The entries of a store, as a catalog takes them over. */
export class StoredEntries {
  readonly #store: Pick<LastingStore, "entries" | "readings">;
  readonly #seal: Seal;
  readonly #catalog: Catalog;

  constructor(store: Pick<LastingStore, "entries" | "readings">, seal: Seal, catalog: Catalog) {
    this.#store = store;
    this.#seal = seal;
    this.#catalog = catalog;
  }

  /**
   * Applies all entries to an empty catalog, unless `isOver`; of those that are written meanwhile, the old or the new
   * value. Resolves with their number. Throws what the seal throws, and what applying throws.
   */
  async load(isOver: () => boolean): Promise<number> {
    const { slices } = this.#catalog.store;
    const lists: CatalogEntry[] = [];
    let count = 0;
    const times = this.timesIn(await this.#store.readings());
    for await (const part of this.#store.entries()) {
      if (isOver()) return count;
      await slices.forEach(part, (open) => {
        const entry = this.#entryOf(open, times);
        if (isAboutList(entry.key)) lists.push(entry);
        else this.#catalog.written.apply(entry);
      });
      count += part.length;
    }
    await slices.forEach(lists, (entry) => this.#catalog.written.apply(entry));
    await this.#catalog.store.settleInSlices();
    return count;
  }

  /** Applies entries. `times`: as of `timesIn`. */
  apply(entries: readonly StoredEntry[], times: ReadonlyMap<string, ReadingTimes>): Promise<void> {
    return this.#catalog.store.slices.forEach(entries, (stored) =>
      this.#catalog.written.apply(this.#entryOf(this.#open(stored), times)),
    );
  }

  /** When entries were last read, by their keys in the store. */
  timesIn(readings: readonly Buffer[]): Map<string, ReadingTimes> {
    return new Map(readings.flatMap((sealed) => unpackReadings(this.#seal.open(READINGS, sealed))));
  }

  #open({ key, value }: StoredEntry): OpenEntry {
    return [key, value && this.#seal.open(`entry ${key}`, value)];
  }

  #entryOf([key, text]: OpenEntry, times: ReadonlyMap<string, ReadingTimes>): CatalogEntry {
    const read = times.get(key);
    const value = text !== null && read ? withTimes(text, READING_TIMES, read) : text;
    return { key: this.#seal.openName(key), value };
  }
}
