import { AlmaError } from "../alma/index.ts";
import {
  DETAIL,
  type Entry,
  type Known,
  knownAt,
  NEVER,
  unlistedObject,
  type Want,
} from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import type { Ground, Unread } from "./gap.ts";
import { after, type Later } from "./later.ts";

/** Rental objects that no list names, as far as contracts refer to them, and what knowing them rests on. */
export interface Unlisted extends Ground {
  readonly entries: readonly Entry[];
}

const none: Unlisted = { entries: [], unread: [], asOf: Number.POSITIVE_INFINITY };

/**
 * Reads the rental objects of contracts as far as no list names them: Alma may leave archived ones out, and what has
 * ended on them is listed all the same. Throws AlmaError if the operation is over.
 */
export function readUnlistedObjects(context: GraphContext, contracts: readonly Entry[]): Later<Unlisted> {
  const { unit, room, ownerContract, tenantContract } = context.catalog.store.tables;
  const version = [unit, room, ownerContract, tenantContract].reduce((sum, table) => sum + table.version, 0);
  // A thousand units look through the same contracts once.
  const before = context.once.get(contracts) as Looked | undefined;
  if (before?.version === version) return before.unlisted;
  const unlisted = look(context, contracts);
  context.once.set(contracts, { version, unlisted } satisfies Looked);
  return unlisted;
}

/** What was found out about the same contracts, as of a version of what is known. */
interface Looked {
  readonly version: number;
  readonly unlisted: Later<Unlisted>;
}

function look(context: GraphContext, contracts: readonly Entry[]): Later<Unlisted> {
  const objects = unlistedOf(context, contracts);
  if (objects.size === 0) return none;
  if (missing(context, objects).size === 0) return seen(context, objects, []);
  return after(context.catalog.readyUnlisted(context.work), async () => {
    const now = unlistedOf(context, contracts);
    return seen(context, now, await read(context, missing(context, now)));
  });
}

type Objects = ReadonlyMap<number, Entry | undefined>;

/** The objects that no list names, by id; undefined where nobody knows of which kind the id is. */
function unlistedOf({ catalog }: GraphContext, contracts: readonly Entry[]): Objects {
  const objects = new Map<number, Entry | undefined>();
  for (const { value } of contracts) {
    const id = (value as Known<"tenantContract">).unitUsage?.unitId;
    const entry = id == null ? undefined : catalog.store.rentalObject(id);
    if (id != null && !entry?.listed) objects.set(id, entry);
  }
  return objects;
}

/** What of them has to be read, by id. */
function missing({ work }: GraphContext, objects: Objects): Map<number, Want["record"]> {
  const wanted = new Map<number, Want["record"]>();
  for (const [id, entry] of objects)
    if (!entry || !(entry.at(DETAIL) > work.index)) wanted.set(id, entry ?? { rentalObject: id });
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

/** What is known of them now. */
function seen({ catalog, work }: GraphContext, objects: Objects, unread: Unread): Unlisted {
  const lost = new Set(unread.map(({ entry }) => entry));
  const entries = [...objects.keys()]
    .map((id) => unlistedObject(catalog.store, id))
    .filter((entry) => !lost.has(entry));
  const times = entries.map(knownAt).filter((at) => at > NEVER);
  const asOf = Math.min(...times);
  work.saw(asOf);
  return { entries, unread, asOf };
}
