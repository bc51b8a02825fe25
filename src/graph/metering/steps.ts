import type { Steps } from "./meter.ts";

/** The number of items processed between two yields. */
export const STRIDE = 256;

/** Sorts items in steps. Equal items keep their order. */
export function* sort<T>(items: readonly T[], compare: (a: T, b: T) => number): Steps<T[]> {
  let runs: T[][] = [];
  for (let start = 0; start < items.length; start += STRIDE) {
    runs.push(items.slice(start, start + STRIDE).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let index = 0; index < runs.length; index += 2)
      merged.push(yield* mergeSteps(runs[index] as T[], runs[index + 1] ?? [], compare));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* mergeSteps<T>(left: T[], right: T[], compare: (a: T, b: T) => number): Steps<T[]> {
  if (right.length === 0) return left;
  const merged: T[] = [];
  let next = 0;
  for (const item of left) {
    while (next < right.length && compare(right[next] as T, item) < 0) {
      merged.push(right[next++] as T);
      if (merged.length % STRIDE === 0) yield;
    }
    merged.push(item);
    if (merged.length % STRIDE === 0) yield;
  }
  for (; next < right.length; next++) merged.push(right[next] as T);
  return merged;
}

/** Maps items in steps, one at a time. */
export function* map<T, R>(items: readonly T[], mapper: (item: T, index: number) => R): Steps<R[]> {
  const mapped: R[] = [];
  for (const [index, item] of items.entries()) {
    mapped.push(mapper(item, index));
    yield;
  }
  return mapped;
}

/** Maps each item to several in steps. */
export function* flatMap<T, R>(items: readonly T[], mapper: (item: T) => readonly R[]): Steps<R[]> {
  const mapped: R[] = [];
  for (const [index, item] of items.entries()) {
    if (index % STRIDE === STRIDE - 1) yield;
    for (const result of mapper(item)) mapped.push(result);
  }
  return mapped;
}

/** Groups items by key in steps, in order of first occurrence. Items without a key are left out. */
export function* groupBy<T, K>(
  items: readonly T[],
  keyOf: (item: T) => K | null | undefined,
): Steps<Map<K, T[]>> {
  const groups = new Map<K, T[]>();
  for (const [index, item] of items.entries()) {
    if (index % STRIDE === STRIDE - 1) yield;
    const key = keyOf(item);
    if (key == null) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
