import { oneOf, optional, text, withDefault } from "../../config/index.ts";

/** Which documents are executed. */
export const settings = {
  persistedDocuments: withDefault(
    "PERSISTED_DOCUMENTS",
    "off",
    oneOf("off", "log", "required"),
    "`log` logs documents that are not in the manifest; `required` refuses them, introspection included.",
  ),
  persistedManifest: optional(
    "PERSISTED_MANIFEST",
    text,
    "File of persisted documents, reloaded when it changes: a JSON object of ids and documents, or Apollo's manifest.",
  ),
};
