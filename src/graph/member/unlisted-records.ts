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
import { countAbove } from "../argument/select-page.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import { Selection } from "../scan/selection.ts";
import { loadAll } from "./load-all.ts";

/** Records that others refer to and no list names. */
interface UnlistedRecords extends Pick<Members, "asOf" | "failedReads"> {
  readonly records: readonly CachedRecord[];
}

const NO_UNLISTED_RECORDS: UnlistedRecords = { records: [], failedReads: [], asOf: Number.POSITIVE_INFINITY };

/** A relation from records of a kind. */
interface From {
  readonly kind: Kind;
  readonly relation: string;
  /** The kinds of which the records may be to which it leads. */
  readonly to: readonly Kind[];
}

/**
 * Reads the records that no list names and to which records of one kind, the highest id first, refer by a relation:
 * Alma may leave archived ones out of its lists, and still list the contracts on them. Rejects with AlmaError if the
 * operation has ended.
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
  // Memoized: the same connection of each parent needs the records of the same referrers.
  const memoized = (context.memo.get(referrers) ?? new Map()) as Map<string, MemoizedUnlisted>;
  context.memo.set(referrers, memoized);
  const key = `${kind}.${relation}`;
  const known = memoized.get(key);
  if (known?.version === version) return known.unlisted;
  const unlisted = loadUnlisted(context, { kind, relation, to }, referrers);
  memoized.set(key, { version, unlisted });
  return unlisted;
}

/** The unlisted records of the same referrers, as of a version of the tables. */
interface MemoizedUnlisted {
  readonly version: number;
  readonly unlisted: PromiseOrValue<UnlistedRecords>;
}

function loadUnlisted(
  context: GraphContext,
  from: From,
  referrers: readonly CachedRecord[],
): PromiseOrValue<UnlistedRecords> {
  const recordsById = findUnlisted(context, from, referrers);
  if (recordsById.size === 0) return NO_UNLISTED_RECORDS;
  if (findMissing(context, from, recordsById).length === 0) return summarize(context, from, recordsById, []);
  const { catalog, operation } = context;
  const { indexCutoff } = operation;
  return mapPromiseOrValue(catalog.waitForUnlisted(operation), async () => {
    const current = findUnlisted(context, from, referrers);
    const missing = findMissing(context, from, current);
    const failedReads = await loadAll(context, missing, (record) => {
      const cutoff = "kind" in record ? operation.cutoffOf(record.kind, indexCutoff) : indexCutoff;
      return context.load({ record, level: DETAIL, cutoff });
    });
    return summarize(context, from, current, failedReads);
  });
}

type RecordsById = ReadonlyMap<number, CachedRecord | undefined>;

/**
 * The records that no list names, by id; undefined if they are not known. Once the lists of their kinds are known, the
 * catalog keeps these records: few, however many others refer to them.
 */
function findUnlisted(
  { catalog: { store } }: GraphContext,
  { kind, relation, to }: From,
  referrers: readonly CachedRecord[],
): RecordsById {
  const { [kind]: table } = store.tables;
  const definition = kindDefinitions[kind].relations[relation];
  const areListsKnown = to.every((one) => store.tables[one].listAt > NEVER);
  const referred = to.map((one) => store.tables[one].referredStates);
  const isShorter = referred.reduce((count, { size }) => count + size, 0) < referrers.length;
  const rows = new Selection(referrers);
  const isReferred = ({ id }: CachedRecord) =>
    table.relationIndex
      .referrers(relation, [id])
      .some((referrer) => referrers[countAbove(rows, referrer.id)] === referrer);
  const ids =
    areListsKnown && isShorter
      ? referred.flatMap(({ all }) => all.filter(isReferred).map(({ id }) => id))
      : referrers.map(({ value }) => definition?.idOf(value));
  const recordsById = new Map<number, CachedRecord | undefined>();
  for (const id of ids) {
    if (id == null) continue;
    const [only] = to;
    const cached = only && to.length === 1 ? store.tables[only].get(id) : store.findRentalObject(id);
    if (!cached?.isListed) recordsById.set(id, cached);
  }
  return recordsById;
}

/** The record to read for an id that no list names: where it may be of several kinds, the one it may be. */
function recordOf({ catalog: { store } }: GraphContext, { to }: From, id: number) {
  const [only] = to;
  return only && to.length === 1 ? store.getOrCreate(only, id) : store.findUnlistedObject(id);
}

/** The unlisted records that have to be read. */
function findMissing(context: GraphContext, from: From, recordsById: RecordsById) {
  const missing: ReadRequest["record"][] = [];
  for (const [id, cached] of recordsById) {
    const { operation } = context;
    if (cached && cached.asOf(DETAIL) > operation.cutoffOf(cached.kind, operation.indexCutoff)) continue;
    missing.push(cached ?? (from.to.length > 1 ? { rentalObject: id } : recordOf(context, from, id)));
  }
  return missing;
}

/** The records as they are known now, without the failed reads and those that are gone, and the oldest reading. */
function summarize(
  context: GraphContext,
  from: From,
  recordsById: RecordsById,
  failedReads: FailedReads,
): UnlistedRecords {
  const { operation } = context;
  const failed = new Set(failedReads.map(({ record: cached }) => cached));
  const answered = [...recordsById.keys()]
    .map((id) => recordOf(context, from, id))
    .filter((cached) => !failed.has(cached));
  const asOf = Math.min(...answered.map(({ knownAt }) => knownAt).filter((at) => at > NEVER));
  operation.noteReading(asOf, operation.indexCutoff);
  const records = answered.filter((cached) => !cached.isGone(NEVER));
  return { records, failedReads, asOf };
}

/**
 * The records of a kind that no list names and others refer to, as far as it is known who those are: nothing is read to
 * find them out, unless the query says how old that may be. No owner contract is on a room (Alma: Contracts).
 */
export function readReferred(context: GraphContext, kind: Kind): PromiseOrValue<UnlistedRecords> {
  const { catalog, operation } = context;
  const inverses = Object.values(kindDefinitions[kind].inverses).filter((inverse) =>
    operation.boundsIndexes
      ? !(kind === "room" && inverse.kind === "ownerContract")
      : catalog.isComplete(operation, inverse.kind),
  );
  let all: PromiseOrValue<UnlistedRecords> = NO_UNLISTED_RECORDS;
  for (const { kind: referrer, relation } of inverses)
    all = mapPromiseOrValue(all, (before) =>
      mapPromiseOrValue(readReferrers(context, referrer), (referrers) =>
        mapPromiseOrValue(readUnlisted(context, referrer, relation, referrers), (found) => ({
          records: [
            ...new Set([...before.records, ...found.records.filter((record) => record.kind === kind)]),
          ].sort((one, other) => other.id - one.id),
          failedReads: [...before.failedReads, ...found.failedReads],
          asOf: Math.min(before.asOf, found.asOf),
        })),
      ),
    );
  return all;
}

function readReferrers({ catalog, operation }: GraphContext, kind: Kind) {
  if (!operation.boundsIndexes) return catalog.store.tables[kind].listed;
  return mapPromiseOrValue(
    catalog.findMembers(operation, { kind, needsDetails: true }),
    ({ records }) => records,
  );
}
