import type { Kind } from "../../catalog/index.ts";

/** How many records of each kind a selection can show that may have to be read. */
export type Places = ReadonlyMap<Kind, number>;

/** Adds places to a sum. */
export function addPlaces(sum: Map<Kind, number>, places: Places): void {
  for (const [kind, count] of places) sum.set(kind, (sum.get(kind) ?? 0) + count);
}

/** The places of so many objects. */
export function scale(places: Places, factor: number): Places {
  return new Map([...places].map(([kind, count]) => [kind, count * factor]));
}
