import { readFileSync } from "node:fs";
import type { Config } from "../config.ts";
import { parseApiKeys } from "./access/api-key.ts";
import { parseManifest } from "./apollo/persisted-manifest.ts";

/** The settings that name a file of this folder's, or hold what one holds. */
type FileSettings = Partial<Pick<Config, "auth" | "apiKeysFile" | "apiKeys" | "persistedManifest">>;

/**
 * A sentence for each of the files that a configuration names, and the keys that it holds, that cannot be read. Keys
 * that nobody is asked for are not looked at.
 */
export function findSettingFileErrors({
  auth,
  apiKeysFile,
  apiKeys,
  persistedManifest,
}: FileSettings): readonly string[] {
  const keyErrors =
    auth === "off"
      ? []
      : [
          ...findReadErrors("API_KEYS_FILE", apiKeysFile, (path) => parseApiKeys(readFileSync(path, "utf8"))),
          ...findReadErrors("API_KEYS", apiKeys, parseApiKeys),
        ];
  return [
    ...keyErrors,
    ...findReadErrors("PERSISTED_MANIFEST", persistedManifest, (path) =>
      parseManifest(readFileSync(path, "utf8")),
    ),
  ];
}

function findReadErrors(name: string, value: string | undefined, read: (value: string) => unknown): string[] {
  if (value === undefined) return [];
  try {
    read(value);
    return [];
  } catch (error) {
    const subject = name === "API_KEYS" ? name : `${name} names ${value}, which cannot be taken`;
    return [`${subject}: ${(error as Error).message}`];
  }
}
