import { LRUCache } from "lru-cache";
import { HOUR } from "../../../config/index.ts";
import type { InjectionKey } from "../../../graph/index.ts";
import type { Mapping } from "../mapping/mapping.ts";
import type { constants } from "../settings.ts";

/** The maximum number of cached file ids, and their lifetime in milliseconds. Cached files are not uploaded again. */
const MAX_KNOWN_FILES = 10_000;
const FILE_TTL = HOUR;

export const bitrixKey: InjectionKey<ReturnType<typeof createSyncSettings>> = "bitrix";

/**
 * Creates the state shared by syncs: the mapping, the limits of items and files, and the files that earlier syncs
 * uploaded.
 */
export const createSyncSettings = (
  mapping: Mapping,
  { bitrixMaxItems, bitrixMaxFiles }: typeof constants,
) => ({
  mapping,
  maxItems: bitrixMaxItems,
  maxFiles: bitrixMaxFiles,
  /** Alma's ids of recently uploaded files, by URL. */
  uploadedFileIds: new LRUCache<string, number>({ max: MAX_KNOWN_FILES, ttl: FILE_TTL }),
});
