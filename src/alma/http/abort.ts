/** Milliseconds beyond which a timer would end at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

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
  let signalListeners = listeners.get(signal);
  if (signalListeners === undefined) {
    const added = new Set<Listener>();
    signalListeners = added;
    listeners.set(signal, added);
    signal.addEventListener(
      "abort",
      () => {
        for (const notify of [...added]) notify(signal.reason);
        added.clear();
      },
      { once: true },
    );
  }
  signalListeners.add(listener);
  return () => signalListeners.delete(listener);
}

/** Waits `ms`; rejects with the signal's reason if that comes first. */
export function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stopListening();
      resolve();
    }, ms);
    const stopListening = onAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
  });
}

/** Waits for `event`, but no longer than `ms`; rejects with the signal's reason if that comes first. */
export function waitFor(event: Promise<void>, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(settle, Math.min(ms, MAX_TIMER_MS));
    const stopListening = onAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
    function settle() {
      clearTimeout(timer);
      stopListening();
      resolve();
    }
    event.then(settle);
  });
}
