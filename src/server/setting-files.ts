import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { findReadErrors, type SettingValues } from "../config/index.ts";
import { parseApiKeys } from "./access/api-key.ts";

/**
 * Returns a sentence for each of these settings whose file or content is invalid. With `AUTH=off` keys are not checked.
 */
export function findSettingFileErrors({
  auth,
  apiKeysFile,
  apiKeys,
  storeCaFile,
}: Partial<SettingValues>): readonly string[] {
  const keyErrors =
    auth === "off"
      ? []
      : [
          ...findReadErrors("API_KEYS_FILE", apiKeysFile, (path) => parseApiKeys(readFileSync(path, "utf8"))),
          ...findReadErrors("API_KEYS", apiKeys, parseApiKeys, true),
        ];
  return [
    ...keyErrors,
    ...findReadErrors("STORE_CA_FILE", storeCaFile, (path) => new X509Certificate(readFileSync(path))),
  ];
}
