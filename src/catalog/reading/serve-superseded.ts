import type { CachedRecord } from "../store/cached-record.ts";
import type { Store } from "../store/store.ts";

/**
 * A lag refuses no query: where lists have overtaken more details than an operation may read, and background work
 * keeps them young, they stand until it has come to them. Gives those that do.
 */
export function serveSuperseded(
  { tables }: Store,
  records: readonly CachedRecord[],
): ReadonlySet<CachedRecord> {
  const served = new Set(records.filter((cached) => cached.serveSuperseded()));
  for (const { kind } of served) tables[kind].version++;
  return served;
}
