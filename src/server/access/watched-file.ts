import { readFileSync, statSync } from "node:fs";

/** Milliseconds. */
const checkInterval = 3_000;

/**
 * Returns a function for the current value of a file. A call more than 3 s after the last check reloads the file if it
 * has changed. `changed` is called with each new value; `bad`, when the file cannot be read, returns the value to use
 * until it can. Throws what `read` throws if the file cannot be read now.
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
