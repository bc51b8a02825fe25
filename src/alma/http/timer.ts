import type { AbortListener, LightSignal } from "./light-signal.ts";

/** Like the signal's `onAbort`. Does nothing without a signal. */
export function onAbort(signal: LightSignal | undefined, listener: AbortListener): () => void {
  return signal ? signal.onAbort(listener) : () => {};
}

/** Resolves after `ms` milliseconds. Rejects with the signal's reason if it aborts first. */
export const delay = (ms: number, signal: LightSignal | undefined): Promise<void> =>
  waitFor(new Promise(() => {}), ms, signal);

/** Resolves with `event`, or after `ms` milliseconds. Rejects with the signal's reason if it aborts first. */
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

/** The maximum time of a timer in milliseconds. A longer one would fire immediately. */
const MAX_TIMER = 2 ** 31 - 1;

/** Like `setTimeout`, for any number of milliseconds. */
const startTimer = (callback: () => void, ms: number) =>
  setTimeout(callback, Math.min(Math.max(0, ms), MAX_TIMER));

/**
 * Calls `callback` after `ms` milliseconds, once data that arrived until then has been read. Returns a function that
 * cancels it. A plain timer fires before sockets are read, and would mistake a busy process for a silent Alma. As long
 * as `progress` returns a new value after each reading of the sockets, there may be more to read.
 */
export function startIoTimer(callback: () => void, ms: number, progress: () => number = () => 0): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const poll = (before: number) => {
    immediate = setImmediate(() => {
      const after = progress();
      if (after === before) callback();
      else poll(after);
    });
  };
  const timer = startTimer(() => poll(progress()), ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
