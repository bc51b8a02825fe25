import { LRUCache } from "lru-cache";

/** Characters of all Bitrix ids that are remembered; each id counts for 100 more. */
const MAX_CHARACTERS = 4_000_000;

/** Answers by Bitrix id, the last used ones: callers may ask for any number of ids of any length. */
export function createLookupCache<T extends object>(): LRUCache<string, T> {
  return new LRUCache<string, T>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_result, externalId) => externalId.length + 100,
  });
}
