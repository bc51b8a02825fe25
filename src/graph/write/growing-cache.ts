import { LRUCache } from "lru-cache";

/** The maximum number of entries. Above it, the oldest is dropped early. */
const MAX_ENTRIES = 100_000;

/**
 * Creates an LRU cache of at most `MAX_ENTRIES` entries, each optionally for `ttl` milliseconds. With the `max` option,
 * LRUCache would allocate all entries up front; with sizes, it grows as needed.
 */
export const growingCache = <V extends object | string | number>(ttl?: number) =>
  new LRUCache<string, V>({ maxSize: MAX_ENTRIES, sizeCalculation: () => 1, ttl });
