/** Milliseconds after which documents are read that nobody has asked for. */
const DELAY = 5_000;

/**
 * Reads documents when they are first asked for, or soon after the start, so that the log tells which are broken: what
 * answers queries starts before.
 */
export function readLater<T extends object>(read: () => T): () => T {
  let known: T | undefined;
  const get = () => {
    known ??= read();
    return known;
  };
  setTimeout(() => {
    try {
      get();
    } catch {
      // Whoever asks for them is told.
    }
  }, DELAY).unref();
  return get;
}
