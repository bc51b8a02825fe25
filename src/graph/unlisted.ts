import { AlmaError } from "../alma/index.ts";
import { DETAIL, type Entry, type Known, unlistedObject, type Want } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import type { Unread } from "./gap.ts";
import { after, type Later } from "./later.ts";

/**
 * Reads the rental objects of contracts as far as no list names them: Alma may leave archived ones out, and what has
 * ended on them is listed all the same. Gives those that could not be read. Throws AlmaError if the operation is over.
 */
export function readUnlistedObjects(context: GraphContext, contracts: readonly Entry[]): Later<Unread> {
  const { unit, room, ownerContract, tenantContract } = context.catalog.store.tables;
  const version = [unit, room, ownerContract, tenantContract].reduce((sum, table) => sum + table.version, 0);
  // A thousand units look through the same contracts once.
  const before = context.once.get(contracts) as Looked | undefined;
  if (before?.version === version) return before.unread;
  const unread = look(context, contracts);
  context.once.set(contracts, { version, unread } satisfies Looked);
  return unread;
}

/** What was found out about the same contracts, as of a version of what is known. */
interface Looked {
  readonly version: number;
  readonly unread: Later<Unread>;
}

function look(context: GraphContext, contracts: readonly Entry[]): Later<Unread> {
  if (missing(context, contracts).size === 0) return [];
  return after(context.catalog.readyUnlisted(context.work), () => read(context, missing(context, contracts)));
}

/** What has to be read, by id. */
function missing({ catalog, work }: GraphContext, contracts: readonly Entry[]): Map<number, Want["record"]> {
  const wanted = new Map<number, Want["record"]>();
  for (const { value } of contracts) {
    const id = (value as Known<"tenantContract">).unitUsage?.unitId;
    const entry = id == null ? undefined : catalog.store.rentalObject(id);
    if (id == null || entry?.listed) continue;
    if (entry && entry.at(DETAIL) > work.index) work.saw(entry.at(DETAIL));
    else wanted.set(id, entry ?? { rentalObject: id });
  }
  return wanted;
}

async function read(context: GraphContext, wanted: Map<number, Want["record"]>): Promise<Unread> {
  const cutoff = context.work.index;
  const reads = [...wanted.values()].map((record) => context.load({ record, level: DETAIL, cutoff }));
  const results = await Promise.allSettled(reads);
  context.work.check();
  return [...wanted.keys()].flatMap((id, index) => {
    const result = results[index];
    if (result?.status !== "rejected") return [];
    if (!(result.reason instanceof AlmaError)) throw result.reason;
    return [{ entry: unlistedObject(context.catalog.store, id), error: result.reason }];
  });
}
