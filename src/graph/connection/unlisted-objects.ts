import { AlmaError } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  type FailedReads,
  findUnlistedObject,
  type KnownFields,
  knownAt,
  NEVER,
  type ReadRequest,
} from "../../catalog/index.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../execution/promise-or-value.ts";
import type { GraphContext } from "../record/context.ts";
import type { ReadOutcome } from "./partial-data.ts";

/** The rental objects that contracts refer to and no list names. */
export interface UnlistedRecords extends ReadOutcome {
  readonly records: readonly CachedRecord[];
}

const NO_UNLISTED_RECORDS: UnlistedRecords = { records: [], failedReads: [], asOf: Number.POSITIVE_INFINITY };

/**
 * Reads the rental objects of contracts that no list names: Alma may leave archived ones out of its lists, and still
 * list the contracts on them. Rejects with AlmaError if the operation has ended.
 */
export function readUnlistedObjects(
  context: GraphContext,
  contracts: readonly CachedRecord[],
): PromiseOrValue<UnlistedRecords> {
  const { unit, room, ownerContract, tenantContract } = context.catalog.store.tables;
  const { basis } = context.operation;
  for (const { kind } of [unit, room, ownerContract, tenantContract]) basis.noteKind(kind);
  const version = [unit, room, ownerContract, tenantContract].reduce((sum, table) => sum + table.version, 0);
  // Memoized: the same connection of each parent needs the objects of the same contracts.
  const memoized = context.memo.get(contracts) as MemoizedUnlisted | undefined;
  if (memoized?.version === version) return memoized.unlisted;
  const unlisted = loadUnlisted(context, contracts);
  context.memo.set(contracts, { version, unlisted } satisfies MemoizedUnlisted);
  return unlisted;
}

/** The unlisted objects of the same contracts, as of a version of the tables. */
interface MemoizedUnlisted {
  readonly version: number;
  readonly unlisted: PromiseOrValue<UnlistedRecords>;
}

function loadUnlisted(
  context: GraphContext,
  contracts: readonly CachedRecord[],
): PromiseOrValue<UnlistedRecords> {
  const objectsById = findUnlisted(context, contracts);
  if (objectsById.size === 0) return NO_UNLISTED_RECORDS;
  if (findMissing(context, objectsById).size === 0) return summarize(context, objectsById, []);
  return mapPromiseOrValue(context.catalog.waitForUnlisted(context.operation), async () => {
    const currentObjects = findUnlisted(context, contracts);
    return summarize(
      context,
      currentObjects,
      await readObjects(context, findMissing(context, currentObjects)),
    );
  });
}

type ObjectsById = ReadonlyMap<number, CachedRecord | undefined>;

/** The objects that no list names, by id; undefined if the kind of the id is not known. */
function findUnlisted({ catalog }: GraphContext, contracts: readonly CachedRecord[]): ObjectsById {
  const objectsById = new Map<number, CachedRecord | undefined>();
  for (const { value } of contracts) {
    const id = (value as KnownFields<"tenantContract">).unitUsage?.unitId;
    const cached = id == null ? undefined : catalog.store.findRentalObject(id);
    if (id != null && !cached?.isListed) objectsById.set(id, cached);
  }
  return objectsById;
}

/** The unlisted objects that have to be read, by id. */
function findMissing(
  { operation }: GraphContext,
  objectsById: ObjectsById,
): Map<number, ReadRequest["record"]> {
  const missing = new Map<number, ReadRequest["record"]>();
  for (const [id, cached] of objectsById)
    if (!cached || !(cached.asOf(DETAIL) > operation.indexCutoff))
      missing.set(id, cached ?? { rentalObject: id });
  return missing;
}

async function readObjects(
  context: GraphContext,
  missing: Map<number, ReadRequest["record"]>,
): Promise<FailedReads> {
  const cutoff = context.operation.indexCutoff;
  const reads = [...missing.values()].map((record) => context.load({ record, level: DETAIL, cutoff }));
  const results = await Promise.allSettled(reads);
  context.operation.throwIfStopped();
  return [...missing.keys()].flatMap((id, index) => {
    const result = results[index];
    if (result?.status !== "rejected") return [];
    if (!(result.reason instanceof AlmaError)) throw result.reason;
    return [{ record: findUnlistedObject(context.catalog.store, id), error: result.reason }];
  });
}

/** The objects as they are known now, without the failed reads, and the oldest reading behind them. */
function summarize(
  { catalog, operation }: GraphContext,
  objectsById: ObjectsById,
  failedReads: FailedReads,
): UnlistedRecords {
  const failed = new Set(failedReads.map(({ record: cached }) => cached));
  const records = [...objectsById.keys()]
    .map((id) => findUnlistedObject(catalog.store, id))
    .filter((cached) => !failed.has(cached));
  const readTimes = records.map(knownAt).filter((at) => at > NEVER);
  const asOf = Math.min(...readTimes);
  operation.noteReading(asOf, operation.indexCutoff);
  return { records, failedReads, asOf };
}
