import { readFileSync } from "node:fs";
import type { Config } from "../config.ts";
import { readKeys } from "./api-key.ts";
import { readManifest } from "./manifest.ts";

/** The settings that name a file of this folder's, or hold what one holds. */
type Named = Partial<Pick<Config, "auth" | "apiKeysFile" | "apiKeys" | "persistedManifest">>;

/**
 * A sentence for each of the files that a configuration names, and the keys that it holds, that cannot be read. Keys
 * that nobody is asked for are not looked at.
 */
export function fileFaults({ auth, apiKeysFile, apiKeys, persistedManifest }: Named): readonly string[] {
  const keys =
    auth === "off"
      ? []
      : [
          ...faultIn("API_KEYS_FILE", apiKeysFile, (path) => readKeys(readFileSync(path, "utf8"))),
          ...faultIn("API_KEYS", apiKeys, readKeys),
        ];
  return [
    ...keys,
    ...faultIn("PERSISTED_MANIFEST", persistedManifest, (path) => readManifest(readFileSync(path, "utf8"))),
  ];
}

function faultIn(name: string, value: string | undefined, read: (value: string) => unknown): string[] {
  if (value === undefined) return [];
  try {
    read(value);
    return [];
  } catch (error) {
    const named = name === "API_KEYS" ? name : `${name} names ${value}, which cannot be taken`;
    return [`${named}: ${(error as Error).message}`];
  }
}
