import type { Entry } from "./entry.ts";
import type { Store } from "./store.ts";

/**
 * A lag refuses no query: where lists have overtaken more details than an operation may read, and background work
 * keeps them young, they stand until it has come to them. Gives those that do.
 */
export function letStand({ tables }: Store, entries: readonly Entry[]): ReadonlySet<Entry> {
  const standing = new Set(entries.filter((entry) => entry.stand()));
  for (const { kind } of standing) tables[kind].version++;
  return standing;
}
