import { readFileSync, statSync } from "node:fs";
import { type KeyRing, noKeys, readKeys } from "./api-key.ts";
import type { Log } from "./log.ts";

const checkEvery = 3_000;

/**
 * The keys of a file, read again at the first use 3 s after the last look if the file has changed. A file that has
 * become unreadable closes the door: no key is accepted until it is mended, and the log says so. Throws at once if
 * the file is unreadable at the beginning.
 */
export function watchKeyFile(path: string, log: Log, now: () => number = () => performance.now()): KeyRing {
  let seen = signature(path);
  let keys = readKeys(readFileSync(path, "utf8"));
  let checked = now();

  function current(): KeyRing {
    if (now() - checked < checkEvery) return keys;
    checked = now();
    try {
      const found = signature(path);
      if (found === seen) return keys;
      keys = readKeys(readFileSync(path, "utf8"));
      seen = found;
      log.info({ keys: keys.size }, "the API keys were read again");
    } catch (error) {
      keys = noKeys;
      seen = "";
      log.error({ error }, "the file of API keys cannot be read; no key is accepted until it is mended");
    }
    return keys;
  }

  return {
    get size() {
      return current().size;
    },
    find: (key, at) => current().find(key, at),
  };
}

function signature(path: string): string {
  const { mtimeMs, size, ino } = statSync(path);
  return `${mtimeMs} ${size} ${ino}`;
}
