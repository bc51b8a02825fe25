import { readFileSync, statSync } from "node:fs";

const checkInterval = 3_000;

/**
 * What a file holds, read again at the first use 3 s after the last look if the file has changed. `changed` is told of
 * each new reading; `bad`, when the file has become unreadable, says what counts until it is mended. Throws at once
 * what `read` throws if the file is unreadable at the beginning.
 */
export function watchFile<T>(
  path: string,
  read: (text: string) => T,
  handlers: { readonly changed: (value: T) => void; readonly bad: (error: unknown, lastValue: T) => T },
  now: () => number = () => performance.now(),
): () => T {
  let lastSignature = readSignature(path);
  let value = read(readFileSync(path, "utf8"));
  let checkedAt = now();
  return () => {
    if (now() - checkedAt < checkInterval) return value;
    checkedAt = now();
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

function readSignature(path: string): string {
  const { mtimeMs, size, ino } = statSync(path);
  return `${mtimeMs} ${size} ${ino}`;
}
