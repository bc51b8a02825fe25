/** Takes a lock among all tabs, now or when it is free, until the signal is aborted. Over plain HTTP there are none. */
export function takeLock(name: string, signal: AbortSignal, ifAvailable = false): Promise<boolean> {
  return new Promise((resolve) => {
    if (!navigator.locks) return resolve(true);
    const hold = (lock: Lock | null) => {
      const isTaken = lock !== null && !signal.aborted;
      resolve(isTaken);
      if (isTaken) return new Promise<void>((free) => signal.addEventListener("abort", () => free(), { once: true }));
    };
    navigator.locks.request(name, ifAvailable ? { ifAvailable } : { signal }, hold).catch(() => resolve(false));
  });
}

/**
 * Reserves one of four streams until the signal is aborted, or resolves with false: a browser makes six connections to a
 * host over HTTP/1.1, whatever the number of tabs.
 */
export async function reserveStream(address: string, signal: AbortSignal): Promise<boolean> {
  for (let slot = 0; slot < 4; slot++) if (await takeLock(`${address} stream ${slot}`, signal, true)) return true;
  return false;
}
