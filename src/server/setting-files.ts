import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Config } from "../config/index.ts";
import { parseApiKeys } from "./access/api-key.ts";
import { parseManifest } from "./document/persisted-manifest.ts";
import { listReports } from "./report-document/report-folder.ts";

/** The settings that name a file of the server, or contain the content of such a file. */
type FileSettings = Partial<
  Pick<Config, "auth" | "apiKeysFile" | "apiKeys" | "persistedManifest" | "reports" | "valkeyCaFile">
>;

/** A sentence for each of these settings whose file or content is invalid. With `AUTH=off` keys are not checked. */
export function findSettingFileErrors({
  auth,
  apiKeysFile,
  apiKeys,
  persistedManifest,
  reports,
  valkeyCaFile,
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
    ...findReadErrors("REPORTS", reports, listReports),
    ...findReadErrors("VALKEY_CA_FILE", valkeyCaFile, (path) => new X509Certificate(readFileSync(path))),
  ];
}

function findReadErrors(name: string, value: string | undefined, read: (value: string) => unknown): string[] {
  if (value === undefined) return [];
  try {
    read(value);
    return [];
  } catch (error) {
    const subject = name === "API_KEYS" ? name : `${name} names ${value}, which cannot be used`;
    return [`${subject}: ${(error as Error).message}`];
  }
}
