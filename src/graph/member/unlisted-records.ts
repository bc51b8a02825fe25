import {
  type CachedRecord,
  DETAIL,
  type FailedReads,
  type Kind,
  kindDefinitions,
  type Members,
  NEVER,
  type ReadRequest,
} from "../../catalog/index.ts";
import { memoized } from "../argument/memoized.ts";
import { countAbove } from "../argument/page.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import { Selection } from "../scan/block.ts";
import { loadAll } from "./partial-data.ts";

/** Records that others refer to but that are missing from the lists. */
interface UnlistedRecords extends Pick<Members, "asOf" | "failedReads"> {
  readonly records: readonly CachedRecord[];
}

const NO_UNLISTED_RECORDS: UnlistedRecords = { records: [], failedReads: [], asOf: Infinity };

/**
 * Reads the unlisted records of one kind that other records refer to by a relation, highest id first: Alma
 * may omit archived records from its lists and still list the contracts on them. Rejects with AlmaError if
 * the operation has ended.
 */
export function readUnlisted(
  context: GraphContext,
  kind: Kind,
  relation: string,
  referrers: readonly CachedRecord[],
): PromiseOrValue<UnlistedRecords> {
  const { tables } = context.catalog.store;
  const { to = [] } = kindDefinitions[kind].relations[relation] ?? {};
  const kinds = [kind, ...to];
  for (const one of kinds) context.operation.basis.noteKind(one);
  const version = kinds.reduce((sum, one) => sum + tables[one].version, 0);
  // Memoized, because the same connection of each parent needs the records of the same referrers.
  const results = memoized(context.memo, referrers, () => new Map<string, MemoizedUnlisted>());
  const key = `${kind}.${relation}`;
  const known = results.get(key);
  if (known?.version === version) return known.unlisted;
  const unlisted = loadUnlisted(context, kind, relation, referrers);
  results.set(key, { version, unlisted });
  return unlisted;
}

interface MemoizedUnlisted {
  readonly version: number;
  readonly unlisted: PromiseOrValue<UnlistedRecords>;
}

function loadUnlisted(
  context: GraphContext,
  kind: Kind,
  relation: string,
  referrers: readonly CachedRecord[],
): PromiseOrValue<UnlistedRecords> {
  const { catalog, operation } = context;
  const { store } = catalog;
  const { indexCutoff } = operation;
  const definition = kindDefinitions[kind].relations[relation];
  const { to = [] } = definition ?? {};
  /** The kind that the relation leads to; undefined if there are several. */
  const only = to.length === 1 ? to[0] : undefined;

  /**
   * Finds the unlisted records by id; undefined if they are unknown. Once the lists are known, the catalog keeps these
   * few records up to date.
   */
  function findUnlisted(): RecordsById {
    const areListsKnown = to.every((one) => store.tables[one].listAt > NEVER);
    const referred = to.map((one) => store.tables[one].referredStates);
    const isShorter = referred.reduce((count, { size }) => count + size, 0) < referrers.length;
    const rows = new Selection(referrers);
    const isReferred = ({ id }: CachedRecord) =>
      store.tables[kind].relationIndex
        .referrers(relation, [id])
        .some((referrer) => referrers[countAbove(rows, referrer.id)] === referrer);
    const ids =
      areListsKnown && isShorter
        ? referred.flatMap(({ all }) => all.filter(isReferred).map(({ id }) => id))
        : referrers.map(({ value }) => definition?.idOf(value));
    const recordsById = new Map<number, CachedRecord | undefined>();
    for (const id of ids) {
      if (id == null) continue;
      const cached = only ? store.tables[only].get(id) : store.findRentalObject(id);
      if (!cached?.isListed) recordsById.set(id, cached);
    }
    return recordsById;
  }

  /** Finds the unlisted records to read. */
  function findMissing(recordsById: RecordsById) {
    const missing: ReadRequest["record"][] = [];
    for (const [id, cached] of recordsById) {
      if (cached && cached.asOf(DETAIL) > operation.cutoffOf(cached, indexCutoff)) continue;
      missing.push(cached ?? (only ? store.getOrCreate(only, id) : { rentalObject: id }));
    }
    return missing;
  }

  /** Returns the records without failed and missing ones, with the oldest reading. */
  function summarize(recordsById: RecordsById, failedReads: FailedReads): UnlistedRecords {
    const failed = new Set(failedReads.map(({ record: cached }) => cached));
    const answered = [...recordsById.keys()]
      // If the record may be of several kinds, take the only possible one.
      .map((id) => (only ? store.getOrCreate(only, id) : store.findUnlistedObject(id)))
      .filter((cached) => !failed.has(cached));
    const known = answered.filter(({ knownAt }) => knownAt > NEVER);
    for (const cached of known)
      operation.noteReading(cached.knownAt, operation.cutoffOf(cached, indexCutoff), cached.isClosed);
    const asOf = Math.min(...known.map(({ knownAt }) => knownAt));
    const records = answered.filter((cached) => !cached.isGone(NEVER));
    return { records, failedReads, asOf };
  }

  const known = findUnlisted();
  if (known.size === 0) return NO_UNLISTED_RECORDS;
  if (findMissing(known).length === 0) return summarize(known, []);
  return mapPromiseOrValue(catalog.waitForUnlisted(operation), async () => {
    const current = findUnlisted();
    const failedReads = await loadAll(context, findMissing(current), (record) => {
      const cutoff = "kind" in record ? operation.cutoffOf(record, indexCutoff) : indexCutoff;
      return context.load({ record, level: DETAIL, cutoff });
    });
    return summarize(current, failedReads);
  });
}

type RecordsById = ReadonlyMap<number, CachedRecord | undefined>;

/**
 * Reads the unlisted records of a kind that others refer to, as far as the referrers are known. Reads referrers only if
 * the query limits their age. Owner contracts are never on rooms (Alma: Contracts).
 */
export async function readReferred(context: GraphContext, kind: Kind): Promise<UnlistedRecords> {
  const { catalog, operation } = context;
  const inverses = Object.values(kindDefinitions[kind].inverses).filter((inverse) =>
    operation.boundsIndexes
      ? !(kind === "room" && inverse.kind === "ownerContract")
      : catalog.isComplete(operation, inverse.kind),
  );
  const records = new Set<CachedRecord>();
  const failedReads: FailedReads[number][] = [];
  let asOf = Infinity;
  for (const { kind: referrer, relation } of inverses) {
    const referrers = operation.boundsIndexes
      ? (await catalog.findMembers(operation, { kind: referrer, needsDetails: true })).records
      : catalog.store.tables[referrer].listed;
    const found = await readUnlisted(context, referrer, relation, referrers);
    for (const record of found.records) if (record.kind === kind) records.add(record);
    failedReads.push(...found.failedReads);
    asOf = Math.min(asOf, found.asOf);
  }
  return { records: [...records].sort((one, other) => other.id - one.id), failedReads, asOf };
}
