import { LRUCache } from "lru-cache";

/**
 * Creates an LRU cache of at most `max` entries, each optionally for `ttl` milliseconds. With the `max` option,
 * LRUCache would allocate all entries up front; with sizes, it grows as needed.
 */
export const growingCache = <V extends object | string | number>(max: number, ttl?: number) =>
  new LRUCache<string, V>({ maxSize: max, sizeCalculation: () => 1, ttl });
