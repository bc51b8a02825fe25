import { LRUCache } from "lru-cache";
import type { InjectionKey } from "../../../graph/index.ts";
import type { Mapping } from "../mapping/mapping.ts";
import type { constants } from "../settings.ts";

/** The maximum number of cached Bitrix ids of all kinds. */
const MAX_KNOWN_IDS = 100_000;
/** The maximum number of cached file ids, and their lifetime in milliseconds. Cached files are not uploaded again. */
const MAX_KNOWN_FILES = 10_000;
const FILE_TTL = 3_600_000;

/** State shared by syncs: the mapping, the limits of items and files, and results of earlier syncs. */
interface SyncSettings {
  readonly mapping: Mapping;
  readonly maxItems: number;
  readonly maxFiles: number;
  /** Alma ids by kind and Bitrix id, as found by earlier syncs. */
  readonly knownIds: LRUCache<string, number>;
  /** Alma's ids of recently uploaded files, by URL. */
  readonly uploadedFileIds: LRUCache<string, number>;
}

export const bitrixKey: InjectionKey<SyncSettings> = "bitrix";

/** Creates the settings with empty caches. */
export const createSyncSettings = (
  mapping: Mapping,
  { bitrixMaxItems, bitrixMaxFiles }: typeof constants,
): SyncSettings => ({
  mapping,
  maxItems: bitrixMaxItems,
  maxFiles: bitrixMaxFiles,
  // With sizes, a cache allocates memory only as entries are added.
  knownIds: new LRUCache({ maxSize: MAX_KNOWN_IDS, sizeCalculation: () => 1 }),
  uploadedFileIds: new LRUCache({ max: MAX_KNOWN_FILES, ttl: FILE_TTL }),
});
