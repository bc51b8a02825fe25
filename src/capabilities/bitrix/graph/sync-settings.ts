import { LRUCache } from "lru-cache";
import type { Offer } from "../../../capability.ts";
import type { Mapping } from "../mapping/mapping.ts";
import type { constants } from "../settings.ts";
import type { IdCache, SyncCache } from "../task/finder.ts";

/** The maximum number of cached Bitrix ids, for all kinds together. */
const MAX_KNOWN_IDS = 100_000;
/** The maximum number of cached file ids, and for how many milliseconds: a repeated sync does not upload them again. */
const MAX_KNOWN_FILES = 10_000;
const FILE_TTL = 3_600_000;

/** What syncs share: the mapping, how many items and files one accepts, and what earlier ones have found. */
export interface SyncSettings {
  readonly mapping: Mapping;
  readonly maxItems: number;
  readonly maxFiles: number;
  readonly knownIds: IdCache;
  readonly uploadedFileIds: SyncCache<number>;
}

/** For the resolvers. */
export const syncOffer: Offer<SyncSettings> = { of: "bitrix", what: "settings of a sync" };

export const createSyncSettings = (
  mapping: Mapping,
  { bitrixMaxItems, bitrixMaxFiles }: typeof constants,
): SyncSettings => ({
  mapping,
  maxItems: bitrixMaxItems,
  maxFiles: bitrixMaxFiles,
  knownIds: growing(MAX_KNOWN_IDS),
  uploadedFileIds: growing(MAX_KNOWN_FILES, FILE_TTL),
});

/** With sizes, a cache takes memory as entries come. */
const growing = (max: number, ttl?: number) =>
  new LRUCache<string, number>({ maxSize: max, sizeCalculation: () => 1, ttl });
