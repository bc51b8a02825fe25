/** Takes a lock among all tabs, now or when it is free, until the signal is aborted. Plain HTTP has no locks. */
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

/** Reserves one of four streams, of a browser's six connections to a host, or resolves with false if none is free. */
export async function reserveStream(address: string, signal: AbortSignal): Promise<boolean> {
  for (let slot = 0; slot < 4; slot++) if (await takeLock(`${address} stream ${slot}`, signal, true)) return true;
  return false;
}
