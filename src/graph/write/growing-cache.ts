import { LRUCache } from "lru-cache";

/**
 * An LRU cache of `max` entries at most, each for `ttl` milliseconds if that is given. With its own `max`, LRUCache
 * takes the memory for as many entries at once; with sizes, it takes memory as they come.
 */
export const growingCache = <V extends object | string | number>(max: number, ttl?: number) =>
  new LRUCache<string, V>({ maxSize: max, sizeCalculation: () => 1, ttl });
