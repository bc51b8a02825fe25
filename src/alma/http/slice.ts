import { setImmediate } from "node:timers";
import type { LightSignal } from "./light-signal.ts";

/** Milliseconds for which work on Alma's answers keeps other work of the process waiting, where it can be cut. */
const SLICE_LENGTH = 5;

/** How many items are worked on between two looks at the time. A list that is not longer is never cut. */
export const UNCUT_ITEMS = 500;

const waiters: (() => void)[] = [];
/** When the slice of this turn of the event loop began; undefined if there is none. */
let begunAt: number | undefined;

/** Works on each item, in slices. Throws what `work` throws, and the reason of `signal` if it is aborted meanwhile. */
export async function forEachInSlices<T>(
  items: Iterable<T>,
  work: (item: T) => void,
  signal?: LightSignal,
): Promise<void> {
  let count = 0;
  for (const item of items) {
    if (count % UNCUT_ITEMS === 0 && count > 0 && isSliceOver()) await nextSlice(signal);
    count++;
    work(item);
  }
}

/** Resolves in a later turn that has no other slice. Throws the reason of `signal` if it is aborted by then. */
export async function nextSlice(signal?: LightSignal): Promise<void> {
  if (begunAt === undefined) begin();
  await new Promise<void>((resolve) => waiters.push(resolve));
  signal?.throwIfAborted();
}

/** Does work that cannot be cut in a slice of its own. */
export async function inOwnSlice<T>(work: () => T): Promise<T> {
  await nextSlice();
  const result = work();
  await nextSlice();
  return result;
}

/** Whether the time of this turn's slice is up, whoever used it. If there was none, it begins. */
function isSliceOver(): boolean {
  if (begunAt === undefined) begin();
  return performance.now() - (begunAt ?? 0) >= SLICE_LENGTH;
}

function begin(): void {
  begunAt = performance.now();
  setImmediate(end);
}

/** Ends the slice of a turn. If anybody waits, another one begins a turn later: the one between is for others alone. */
function end(): void {
  begunAt = undefined;
  if (waiters.length > 0) setImmediate(resumeNext);
}

function resumeNext(): void {
  const resume = waiters.shift();
  if (!resume) return;
  if (begunAt === undefined) begin();
  resume();
}
