import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import { watchFile } from "./setting-file.ts";
import { settings } from "./settings.ts";

/**
 * Returns Alma's API key: ALMA_API_KEY, or the content of ALMA_API_KEY_FILE, which is reloaded when it
 * changes. While a changed file has no valid key, the previous key stays in use.
 */
export function readAlmaKey(config: Config, log: Log): () => string {
  const { almaApiKey, almaApiKeyFile } = config;
  if (almaApiKeyFile === undefined) return () => almaApiKey;
  const parseKey = (content: string) => {
    const key = content.trim();
    if (key === "") throw new Error("The file is empty.");
    // Other characters are invalid in a header.
    return settings.almaApiKey.schema.parse(key);
  };
  return watchFile(almaApiKeyFile, parseKey, {
    changed: () => log.info("Alma's API key reloaded"),
    bad(error, last) {
      const message = `ALMA_API_KEY_FILE names ${almaApiKeyFile}, which has no usable key; the previous key stays in use`;
      log.error({ error }, message);
      return last;
    },
  });
}
