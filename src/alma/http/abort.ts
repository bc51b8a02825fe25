import type { AbortListener, LightSignal } from "./light-signal.ts";
import { startTimer } from "./polling-timer.ts";

/** As the signal's `onAbort`; where there is no signal, nothing is ever called. */
export function onAbort(signal: LightSignal | undefined, listener: AbortListener): () => void {
  return signal ? signal.onAbort(listener) : () => {};
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason if it aborts first. */
export const delay = (ms: number, signal: LightSignal | undefined): Promise<void> =>
  waitFor(new Promise(() => {}), ms, signal);

/** Resolves with `event`, or after `ms` milliseconds; rejects with the signal's reason if it aborts first. */
export function waitFor(event: Promise<void>, ms: number, signal: LightSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = startTimer(settle, ms);
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
