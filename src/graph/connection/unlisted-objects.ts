import { AlmaError } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  type FailedReads,
  type Kind,
  type KnownFields,
  NEVER,
  type ReadRequest,
} from "../../catalog/index.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../record/context.ts";
import type { ReadOutcome } from "./partial-data.ts";

/** The rental objects that contracts refer to and no list names. */
export interface UnlistedRecords extends ReadOutcome {
  readonly records: readonly CachedRecord[];
}

const NO_UNLISTED_RECORDS: UnlistedRecords = { records: [], failedReads: [], asOf: Number.POSITIVE_INFINITY };

/**
 * Reads the rental objects of contracts of one kind, the highest id first, that no list names: Alma may leave archived
 * ones out of its lists, and still list the contracts on them. Rejects with AlmaError if the operation has ended.
 */
export function readUnlistedObjects(
  context: GraphContext,
  kind: Kind,
  contracts: readonly CachedRecord[],
): PromiseOrValue<UnlistedRecords> {
  const { unit, room, ownerContract, tenantContract } = context.catalog.store.tables;
  const { basis } = context.operation;
  for (const { kind } of [unit, room, ownerContract, tenantContract]) basis.noteKind(kind);
  const version = [unit, room, ownerContract, tenantContract].reduce((sum, table) => sum + table.version, 0);
  // Memoized: the same connection of each parent needs the objects of the same contracts.
  const memoized = context.memo.get(contracts) as MemoizedUnlisted | undefined;
  if (memoized?.version === version) return memoized.unlisted;
  const unlisted = loadUnlisted(context, kind, contracts);
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
  kind: Kind,
  contracts: readonly CachedRecord[],
): PromiseOrValue<UnlistedRecords> {
  const objectsById = findUnlisted(context, kind, contracts);
  if (objectsById.size === 0) return NO_UNLISTED_RECORDS;
  if (findMissing(context, objectsById).size === 0) return summarize(context, objectsById, []);
  return mapPromiseOrValue(context.catalog.waitForUnlisted(context.operation), async () => {
    const currentObjects = findUnlisted(context, kind, contracts);
    return summarize(
      context,
      currentObjects,
      await readObjects(context, findMissing(context, currentObjects)),
    );
  });
}

type ObjectsById = ReadonlyMap<number, CachedRecord | undefined>;

/**
 * The objects that no list names, by id; undefined if the kind of the id is not known. Once the lists of units and
 * rooms are known, the catalog keeps these objects: few, however many contracts there are.
 */
function findUnlisted(
  { catalog: { store } }: GraphContext,
  kind: Kind,
  contracts: readonly CachedRecord[],
): ObjectsById {
  const { unit, room, [kind]: table } = store.tables;
  const areListsKnown = unit.listAt > NEVER && room.listAt > NEVER;
  const referred = [unit.referredStates, room.referredStates];
  const isShorter = referred.reduce((count, { size }) => count + size, 0) < contracts.length;
  const hasContract = ({ id }: CachedRecord) =>
    table.relationIndex.referrers("rentalObject", [id]).some((contract) => includes(contracts, contract));
  const ids =
    areListsKnown && isShorter
      ? referred.flatMap(({ all }) => all.filter(hasContract).map(({ id }) => id))
      : contracts.map(({ value }) => (value as KnownFields<"tenantContract">).unitUsage?.unitId);
  const objectsById = new Map<number, CachedRecord | undefined>();
  for (const id of ids) {
    const cached = id == null ? undefined : store.findRentalObject(id);
    if (id != null && !cached?.isListed) objectsById.set(id, cached);
  }
  return objectsById;
}

/** Whether records, the highest id first, include one. */
function includes(records: readonly CachedRecord[], cached: CachedRecord): boolean {
  let start = 0;
  let end = records.length;
  while (start < end) {
    const middle = (start + end) >> 1;
    if ((records[middle] as CachedRecord).id > cached.id) start = middle + 1;
    else end = middle;
  }
  return records[start] === cached;
}

/** The unlisted objects that have to be read, by id. */
function findMissing(
  { operation }: GraphContext,
  objectsById: ObjectsById,
): Map<number, ReadRequest["record"]> {
  const missing = new Map<number, ReadRequest["record"]>();
  for (const [id, cached] of objectsById)
    if (!cached || !(cached.asOf(DETAIL) > operation.cutoffOf(cached.kind, operation.indexCutoff)))
      missing.set(id, cached ?? { rentalObject: id });
  return missing;
}

async function readObjects(
  context: GraphContext,
  missing: Map<number, ReadRequest["record"]>,
): Promise<FailedReads> {
  const { operation } = context;
  const { indexCutoff } = operation;
  const reads = [...missing.values()].map((record) => {
    const cutoff = "kind" in record ? operation.cutoffOf(record.kind, indexCutoff) : indexCutoff;
    return context.load({ record, level: DETAIL, cutoff });
  });
  const results = await Promise.allSettled(reads);
  context.operation.throwIfStopped();
  return [...missing.keys()].flatMap((id, index) => {
    const result = results[index];
    if (result?.status !== "rejected") return [];
    if (!(result.reason instanceof AlmaError)) throw result.reason;
    return [{ record: context.catalog.store.findUnlistedObject(id), error: result.reason }];
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
    .map((id) => catalog.store.findUnlistedObject(id))
    .filter((cached) => !failed.has(cached));
  const readTimes = records.map(({ knownAt }) => knownAt).filter((at) => at > NEVER);
  const asOf = Math.min(...readTimes);
  operation.noteReading(asOf, operation.indexCutoff);
  return { records, failedReads, asOf };
}
