import type { Log } from "../../config/index.ts";
import { watchFile } from "../../config/index.ts";
import { type ApiKeySet, parseApiKeys } from "./api-key.ts";

/**
 * Watches a file of key records, so that a removed key stops working. While a changed file cannot be read, no key is
 * accepted. Throws if the first read fails.
 */
export function watchApiKeyFile(path: string, log: Log, now?: () => number): () => ApiKeySet {
  return watchFile(
    path,
    parseApiKeys,
    {
      changed: ({ size }) => log.info({ keys: size }, "API keys reloaded"),
      bad(error) {
        log.error({ error }, "the API key file cannot be read; no key is accepted until it is fixed");
        return parseApiKeys("[]");
      },
    },
    now,
  );
}
