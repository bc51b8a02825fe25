import { LRUCache } from "lru-cache";

/** Alma's answer for a Bitrix id, and when Alma was asked. */
export interface IdLookup {
  readonly at: number;
  /** Undefined: there is no such record. */
  readonly id: number | undefined;
}

/** The maximum number of characters of all remembered Bitrix ids; each id counts as 100 more. */
const MAX_CHARACTERS = 4_000_000;

/**
 * A cache of answers by Bitrix id. It keeps the last used ones, since callers may ask for any number of long ids.
 * `onChange` is called with each id whose answer is set or forgotten.
 */
export function createLookupCache<T extends object>(
  onChange: (externalId: string) => void,
): LRUCache<string, T> {
  return new LRUCache<string, T>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_result, externalId) => externalId.length + 100,
    onInsert: (_result, externalId) => onChange(externalId),
    dispose: (_result, externalId, reason) => {
      if (reason === "evict") onChange(externalId);
    },
  });
}
