import { DETAIL, type Entry, type Known } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import { all, type Later } from "./later.ts";

/**
 * Reads the rental objects of contracts as far as no list names them: Alma may leave archived ones out, and what has
 * ended on them is listed all the same. Throws AlmaError if one cannot be read: nobody could say where it belongs.
 */
export function readUnlistedObjects(context: GraphContext, contracts: readonly Entry[]): Later<void> {
  const { store } = context.catalog;
  const cutoff = context.work.index;
  const wanted = new Map<number, Entry | { readonly rentalObject: number }>();
  for (const { value } of contracts) {
    const id = (value as Known<"tenantContract">).unitUsage?.unitId;
    const entry = id == null ? undefined : store.rentalObject(id);
    if (id == null || entry?.listed || (entry && entry.at(DETAIL) > cutoff)) continue;
    wanted.set(id, entry ?? { rentalObject: id });
  }
  return all([...wanted.values()].map((record) => context.load({ record, level: DETAIL, cutoff })));
}
