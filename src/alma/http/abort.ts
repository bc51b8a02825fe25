import type { AbortListener, LightSignal } from "./light-signal.ts";

/** A timer of more milliseconds than this would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** As the signal's `onAbort`; where there is no signal, nothing is ever called. */
export function onAbort(signal: LightSignal | undefined, listener: AbortListener): () => void {
  return signal ? signal.onAbort(listener) : () => {};
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason if it aborts first. */
export function delay(ms: number, signal: LightSignal | undefined): Promise<void> {
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
export function waitFor(event: Promise<void>, ms: number, signal: LightSignal | undefined): Promise<void> {
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
