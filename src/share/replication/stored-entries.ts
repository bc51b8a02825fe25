import { inSlices } from "../../alma/index.ts";
import { type Catalog, type CatalogEntry, isAboutList, READING_TIMES } from "../../catalog/index.ts";
import type { LastingStore, OpenEntry, ReadingTimes, Seal, StoredEntry } from "../../store/index.ts";
import { openEntry, READINGS_NAME, unpackReadings, withTimes } from "../../store/index.ts";

/** Reads the entries of a store into a catalog. */
export function storedEntries(store: LastingStore, seal: Seal, { store: records, serialized }: Catalog) {
  /** Returns when entries were last read, by their keys in the store. */
  const timesIn = (readings: readonly Uint8Array[]): Map<string, ReadingTimes> =>
    new Map(readings.flatMap((sealed) => unpackReadings(seal.open(READINGS_NAME, sealed))));

  function entryOf([key, name, text]: OpenEntry, times: ReadonlyMap<string, ReadingTimes>): CatalogEntry {
    const read = times.get(key);
    return { key: name, value: text !== null && read ? withTimes(text, READING_TIMES, read) : text };
  }

  return {
    timesIn,
    /**
     * Applies all entries to an empty catalog, unless `isOver`; if one is written meanwhile, its old or new value.
     * Resolves with their number. Throws the errors of the seal and of applying.
     */
    async load(isOver: () => boolean): Promise<number> {
      const lists: CatalogEntry[] = [];
      let count = 0;
      const times = timesIn(await store.readings());
      for await (const part of store.entries()) {
        if (isOver()) return count;
        await inSlices(part, (open) => {
          const entry = entryOf(open, times);
          if (isAboutList(entry.key)) lists.push(entry);
          else serialized.apply(entry);
        });
        count += part.length;
      }
      await inSlices(lists, (entry) => serialized.apply(entry));
      await records.settleInSlices();
      return count;
    },

    /** Applies entries. `times`: the result of `timesIn`. */
    apply: (entries: readonly StoredEntry[], times: ReadonlyMap<string, ReadingTimes>): Promise<void> =>
      inSlices(entries, (entry) => serialized.apply(entryOf(openEntry(seal, entry), times))),
  };
}
