import { readFileSync, statSync } from "node:fs";

const checkEvery = 3_000;

/**
 * What a file holds, read again at the first use 3 s after the last look if the file has changed. `changed` is told of
 * each new reading; `bad`, when the file has become unreadable, says what counts until it is mended. Throws at once
 * what `read` throws if the file is unreadable at the beginning.
 */
export function watchFile<T>(
  path: string,
  read: (text: string) => T,
  on: { readonly changed: (value: T) => void; readonly bad: (error: unknown, last: T) => T },
  now: () => number = () => performance.now(),
): () => T {
  let seen = signature(path);
  let value = read(readFileSync(path, "utf8"));
  let checked = now();
  return () => {
    if (now() - checked < checkEvery) return value;
    checked = now();
    try {
      const found = signature(path);
      if (found === seen) return value;
      value = read(readFileSync(path, "utf8"));
      seen = found;
      on.changed(value);
    } catch (error) {
      seen = "";
      value = on.bad(error, value);
    }
    return value;
  };
}

function signature(path: string): string {
  const { mtimeMs, size, ino } = statSync(path);
  return `${mtimeMs} ${size} ${ino}`;
}
