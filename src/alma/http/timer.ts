import type { AbortListener, LightSignal } from "./light-signal.ts";

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

/** Milliseconds: the longest time of a timer; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** As `setTimeout`, of any number of milliseconds. */
const startTimer = (callback: () => void, ms: number): NodeJS.Timeout =>
  setTimeout(callback, Math.min(Math.max(0, ms), MAX_TIMER_MS));

/**
 * Calls `callback` after `ms` milliseconds, once what arrived by then has been read; returns a function that cancels
 * it. A timer alone fires before the sockets are read, and so would take a busy process for a silent Alma. While
 * `progress` returns another value each time the sockets have been read, more is still being read.
 */
export function afterPolling(callback: () => void, ms: number, progress: () => number = () => 0): () => void {
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
