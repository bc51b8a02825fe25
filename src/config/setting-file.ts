import { readFileSync, statSync } from "node:fs";
import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import { settings } from "./settings.ts";

/** In milliseconds. */
const FILE_CHECK_INTERVAL = 3_000;

/**
 * Watches a file. The returned function returns its current value; if the last check was at least 3 s ago, it first
 * reloads a changed file. `changed` is called with each new value. `bad` returns the value to use while the file is
 * unreadable. Throws the error of the file system or `read` if the first read fails.
 */
export function watchFile<T>(
  path: string,
  read: (text: string) => T,
  handlers: { readonly changed: (value: T) => void; readonly bad: (error: unknown, lastValue: T) => T },
): () => T {
  let lastSignature = readSignature(path);
  let value = read(readFileSync(path, "utf8"));
  let checkedAt = performance.now();
  return () => {
    if (performance.now() - checkedAt < FILE_CHECK_INTERVAL) return value;
    checkedAt = performance.now();
    try {
      const currentSignature = readSignature(path);
      if (currentSignature === lastSignature) return value;
      value = read(readFileSync(path, "utf8"));
      lastSignature = currentSignature;
      handlers.changed(value);
    } catch (error) {
      lastSignature = "";
      value = handlers.bad(error, value);
    }
    return value;
  };
}

function readSignature(path: string) {
  const { mtimeMs, size, ino } = statSync(path);
  return `${mtimeMs} ${size} ${ino}`;
}

/**
 * Returns a sentence if `read` throws for the value of the setting `name`, a file path; nothing if it is unset.
 * `isContent`: the value is the content of the file instead.
 */
export function findReadErrors(
  name: string,
  value: string | undefined,
  read: (value: string) => unknown,
  isContent = false,
): string[] {
  if (value === undefined) return [];
  try {
    read(value);
    return [];
  } catch (error) {
    const subject = isContent ? name : `${name} names ${value}, which cannot be used`;
    return [`${subject}: ${(error as Error).message}`];
  }
}

/**
 * Returns Alma's API key: ALMA_API_KEY, or the content of ALMA_API_KEY_FILE, which is reloaded when it
 * changes. While a changed file has no valid key, the previous key stays in use.
 */
export function watchAlmaKey(config: Config, log: Log): () => string {
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
