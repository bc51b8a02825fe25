/** Milliseconds beyond which a timer would end at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

type Listener = (reason: unknown) => void;

const listeners = new WeakMap<AbortSignal, Set<Listener>>();

/**
 * Calls `listener` when `signal` aborts, or at once if it has; returns how to stop listening. An operation may have
 * thousands of calls under way on one signal, and an EventTarget looks through all its listeners for each one added
 * or removed: so each signal is listened to once and fans out here.
 */
export function onAbort(signal: AbortSignal | undefined, listener: Listener): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    listener(signal.reason);
    return () => {};
  }
  let all = listeners.get(signal);
  if (all === undefined) {
    const added = new Set<Listener>();
    all = added;
    listeners.set(signal, added);
    signal.addEventListener(
      "abort",
      () => {
        for (const each of [...added]) each(signal.reason);
        added.clear();
      },
      { once: true },
    );
  }
  all.add(listener);
  return () => all.delete(listener);
}

/** Waits `ms`; rejects with the signal's reason if that comes first. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      off();
      resolve();
    }, ms);
    const off = onAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
  });
}

/** Waits for `event`, but no longer than `ms`; rejects with the signal's reason if that comes first. */
export function waitFor(event: Promise<void>, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, Math.min(ms, LONGEST_TIMER));
    const off = onAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
    function done() {
      clearTimeout(timer);
      off();
      resolve();
    }
    event.then(done);
  });
}
