import type { Log } from "../http/log.ts";
import { type ApiKeySet, emptyKeySet, parseApiKeys } from "./api-key.ts";
import { watchFile } from "./watched-file.ts";

/**
 * The keys of a file, read again when it changes, so that a removed key stops. A file that has become unreadable
 * closes the door: no key is accepted until it is mended, and the log says so. Throws at once if the file is
 * unreadable at the beginning.
 */
export function watchApiKeyFile(path: string, log: Log, now?: () => number): ApiKeySet {
  const currentKeys = watchFile(
    path,
    parseApiKeys,
    {
      changed: ({ size }) => log.info({ keys: size }, "the API keys were read again"),
      bad(error) {
        log.error({ error }, "the file of API keys cannot be read; no key is accepted until it is mended");
        return emptyKeySet;
      },
    },
    now,
  );
  return {
    get size() {
      return currentKeys().size;
    },
    find: (key, at) => currentKeys().find(key, at),
  };
}
