/** Milliseconds: the longest time of a timer; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** As `setTimeout`, of any number of milliseconds. */
export const startTimer = (callback: () => void, ms: number): NodeJS.Timeout =>
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
