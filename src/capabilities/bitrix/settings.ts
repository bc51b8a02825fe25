import { optional, text } from "../../config/index.ts";

/** What Bitrix fields mean. */
export const settings = {
  bitrixMapping: optional(
    "BITRIX_MAPPING",
    text,
    "File that replaces or extends the built-in mapping of Bitrix fields.",
  ),
};
