import { optional, text } from "../../config/index.ts";

/** The settings for the meaning of Bitrix fields. */
export const settings = {
  bitrixMapping: optional(
    "BITRIX_MAPPING",
    text,
    "File that replaces or extends the built-in mapping of Bitrix fields.",
  ),
};

/** The limits of one sync. */
export const constants = {
  /** BITRIX_MAX_ITEMS: items in one `syncBitrix` or `mapBitrix`. */
  bitrixMaxItems: 500,
  /** BITRIX_MAX_FILES: files that one `syncBitrix` uploads to Alma. */
  bitrixMaxFiles: 200,
  /** BITRIX_MAX_BODY: the size of a body of `POST /bitrix/sync` in bytes, 500 items of 16 KiB. */
  bitrixMaxBody: 8_388_608,
};
