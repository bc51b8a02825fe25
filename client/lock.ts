/** A browser makes six connections to a host over HTTP/1.1. Streams take at most four, whatever the number of tabs. */
const MAX_STREAMS = 4;

/** Takes a lock among all tabs, now or when it is free, until the signal is aborted. Pages over plain HTTP have no locks. */
export function takeLock(name: string, signal: AbortSignal, ifAvailable = false): Promise<boolean> {
  return new Promise((resolve) => {
    if (!isSecureContext) resolve(true);
    const hold = (lock: Lock | null) => {
      const isTaken = lock !== null && !signal.aborted;
      resolve(isTaken);
      if (isTaken) return new Promise<void>((free) => signal.addEventListener("abort", () => free(), { once: true }));
    };
    navigator.locks?.request(name, ifAvailable ? { ifAvailable } : { signal }, hold).catch(() => resolve(false));
  });
}

/** Reserves one of the browser's streams until the signal is aborted. Resolves with false if all are in use. */
export async function reserveStream(address: string, signal: AbortSignal): Promise<boolean> {
  for (let slot = 0; slot < MAX_STREAMS; slot++) if (await takeLock(`${address} stream ${slot}`, signal, true)) return true;
  return false;
}
