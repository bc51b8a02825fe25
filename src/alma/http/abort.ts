/** A timer of more milliseconds than this would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

type Listener = (reason: unknown) => void;

const listeners = new WeakMap<AbortSignal, Set<Listener>>();

/**
 * Calls `listener` when `signal` aborts, or at once if it is aborted; returns a function that stops listening.
 * Thousands of calls may share the signal of one operation, and an EventTarget searches all its listeners on each
 * addition and removal. So each signal gets one listener, which calls the others.
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

/** Resolves after `ms` milliseconds; rejects with the signal's reason if it aborts first. */
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

/** Resolves with `event`, or after `ms` milliseconds; rejects with the signal's reason if it aborts first. */
export function waitFor(event: Promise<void>, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(settle, Math.min(Math.max(0, ms), MAX_TIMER_MS));
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
