import { readFileSync } from "node:fs";
import { defineCapability } from "../../capability.ts";
import { findReadErrors } from "../../config/index.ts";
import { createPersistedDocuments } from "./persisted-documents.ts";
import { parseManifest } from "./persisted-manifest.ts";
import { settings } from "./settings.ts";

/** Finds documents that clients register at build time and request by id. */
export const persisted = defineCapability({
  name: "persisted",
  settings,
  faultsOf: ({ persistedDocuments = "off", persistedManifest }) =>
    persistedDocuments !== "off" && !persistedManifest
      ? [`PERSISTED_DOCUMENTS is ${persistedDocuments}, but PERSISTED_MANIFEST names no file.`]
      : findReadErrors("PERSISTED_MANIFEST", persistedManifest, (path) =>
          parseManifest(readFileSync(path, "utf8")),
        ),
  prepare: ({ config, log }) => ({ ports: { knownDocuments: createPersistedDocuments(config, log) } }),
});
