import { setImmediate } from "node:timers";
import type { LightSignal } from "./light-signal.ts";

/** How long, in milliseconds, work on a long list may delay other work of the process. */
const SLICE_LENGTH = 5;

/** The number of items processed between two readings of the clock. Shorter lists are never divided. */
export const ITEMS_PER_CHECK = 500;

/** Yields to other work of the process. Throws the reason of `signal` if it is aborted by then. */
export async function yieldToEventLoop(signal?: LightSignal): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

/**
 * Processes items in slices, and yields to other work between slices. Throws the error of `work`, or the reason of
 * `signal` if it is aborted meanwhile.
 */
export async function inSlices<T>(
  items: Iterable<T>,
  work: (item: T) => void,
  signal?: LightSignal,
): Promise<void> {
  let count = 0;
  let begunAt = performance.now();
  for (const item of items) {
    if (count > 0 && count % ITEMS_PER_CHECK === 0 && performance.now() - begunAt >= SLICE_LENGTH) {
      await yieldToEventLoop(signal);
      begunAt = performance.now();
    }
    count++;
    work(item);
  }
}
