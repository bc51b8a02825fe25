/** A browser makes six connections to one host over HTTP/1.1: streams take four of them, whatever the number of tabs. */
export const MAX_STREAMS = 4;

/** Whether tabs can agree on who does what: not on a page over plain HTTP, other than of this machine. */
export const canShare =
  typeof navigator !== "undefined" && "locks" in navigator && typeof BroadcastChannel !== "undefined" && Boolean(crypto.subtle);

/**
 * Takes a lock of all tabs, and holds it until the signal is aborted. Resolves with whether it was taken: at once,
 * or, if it may wait, when it is free.
 */
export function takeLock(name: string, signal: AbortSignal, isAtOnce = true): Promise<boolean> {
  return new Promise((resolve) => {
    const hold = (lock: Lock | null) => {
      const isTaken = lock !== null && !signal.aborted;
      resolve(isTaken);
      if (isTaken) return new Promise<void>((free) => signal.addEventListener("abort", () => free(), { once: true }));
    };
    const asked = isAtOnce
      ? navigator.locks.request(name, { ifAvailable: true }, hold)
      : navigator.locks.request(name, { signal }, hold);
    asked.catch(() => resolve(false));
  });
}
