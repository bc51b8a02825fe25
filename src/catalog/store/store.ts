import { LRUCache } from "lru-cache";
import {
  type Decoded,
  inSlices,
  type LightSignal,
  type Listing,
  type RentalObjectLookup,
} from "../../alma/index.ts";
import { DAY } from "../../config/index.ts";
import { type CachedRecord, isRepresentativeOf } from "../record/cached-record.ts";
import { byKind, type Kind, kindDefinitions, kinds } from "../record/kind.ts";
import type { ScopeOfField } from "../record/logged-change.ts";
import type { Recorder } from "../record/recorder.ts";
import { type FieldValues, NEVER } from "../record/source.ts";
import type { ChangeCollector } from "./record-map.ts";
import { createStateKeeper } from "./state-keeper.ts";
import { Table } from "./table.ts";

/** The kinds of contracts. */
export const CONTRACT_KINDS = ["ownerContract", "tenantContract"] as const satisfies readonly Kind[];

/** Returns whether records of a kind are contracts. */
export const isContractKind = (kind: Kind): boolean => (CONTRACT_KINDS as readonly Kind[]).includes(kind);

/** How long after its end, in milliseconds, a contract counts as closed. */
const ENDED_FOR = 30 * DAY;

/**
 * Creates a test for closed records, which are unlikely to change: an archived building, unit, room or contract, a
 * contract that ended more than 30 days ago, or a client with only such contracts. `today`: `YYYY-MM-DD`.
 */
function createIsClosed(tables: Readonly<Record<Kind, Table>>, today: () => string) {
  let [day, lastEnd] = ["", ""];

  /** Contracts that ended before this day are closed. */
  function endedBefore() {
    const now = today();
    if (now !== day) {
      day = now;
      const at = Date.parse(now);
      lastEnd = Number.isNaN(at) ? "" : new Date(at - ENDED_FOR).toISOString().slice(0, 10);
    }
    return lastEnd;
  }

  function isClosedContract({ endDate, unitUsage }: FieldValues) {
    if ((unitUsage as { readonly isArchived?: unknown } | null | undefined)?.isArchived === true) return true;
    return typeof endDate === "string" && endDate < endedBefore();
  }

  return ({ kind, id, value }: CachedRecord): boolean => {
    if (isContractKind(kind)) return isClosedContract(value);
    if (kind !== "client") return value.isArchived === true;
    const contracts = CONTRACT_KINDS.flatMap((one) => tables[one].relationIndex.referrers("client", [id]));
    return contracts.length > 0 && contracts.every((contract) => isClosedContract(contract.value));
  };
}

/** Returns the ids that a contract refers to, by kind: its rental object and its client. */
export const relatedIds = (kind: Kind, value: FieldValues): readonly (readonly [Kind, number])[] =>
  Object.values(kindDefinitions[kind].relations).flatMap(({ to, idOf }) => {
    const id = idOf(value);
    return id == null ? [] : to.map((one) => [one, id] as const);
  });

/** The target of a lookup by Bitrix id: a kind, or a unit or room (Alma: Rental object). */
export type LookupKind = Kind | "rentalObject";

/** All targets of a lookup by Bitrix id. */
export const lookupKinds: readonly LookupKind[] = [...kinds, "rentalObject"];

/** Returns the GraphQL type of a kind, or `RentalObject`. */
export const typeNameOf = (kind: LookupKind): string =>
  kind === "rentalObject" ? "RentalObject" : kindDefinitions[kind].typeName;

/** Alma's answer for a Bitrix id, and when Alma was asked. */
interface IdLookup {
  readonly at: number;
  /** The kind, for a lookup of a rental object. */
  readonly kind?: Kind | undefined;
  /** The record's id; undefined if there is no such record. */
  readonly id: number | undefined;
}

/** The maximum number of characters of all cached Bitrix ids; each id counts as 100 more. */
const MAX_CHARACTERS = 4_000_000;

/**
 * Creates an LRU cache of answers by Bitrix id, bounded because callers may ask for any number of long ids. `onChange`
 * is called with each id whose answer is set or evicted.
 */
function createLookupCache(onChange: (externalId: string) => void) {
  return new LRUCache<string, IdLookup>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_result, externalId) => externalId.length + 100,
    onInsert: (_result, externalId) => onChange(externalId),
    dispose: (_result, externalId, reason) => {
      if (reason === "evict") onChange(externalId);
    },
  });
}

/** The record of a Bitrix id, if any, and when it was looked up. */
export interface LookupResult {
  readonly at: number;
  readonly record: CachedRecord | undefined;
}

/** The maximum number of changed lookups collected. */
const MAX_COLLECTED = 50_000;

/** Changed records and lookup keys (`unit:` or `rentalObject:`, and a Bitrix id). */
interface CollectedChanges {
  readonly records: Set<CachedRecord>;
  readonly lookups: Set<string>;
  /** Whether to include records that another record has only repeated unchanged. */
  readonly hasMentions: boolean;
}

/**
 * Alma's data as last read, by kind. It makes no calls: readings and writes are applied to it. `recorder` records
 * changes. `scopeOf` returns the scope of a field. `today`: `YYYY-MM-DD`; if omitted, no record counts as closed.
 */
export function createStore(
  recorder?: Recorder,
  scopeOf: ScopeOfField = () => undefined,
  noteLoss?: ChangeCollector["noteLoss"],
  today?: () => string,
) {
  let collected: CollectedChanges | undefined;
  const changes: ChangeCollector = {
    recorder,
    noteChange(cached, change) {
      if (change !== "mention" || collected?.hasMentions) collected?.records.add(cached);
      if (change !== "mention") keeper.noteChange(cached);
    },
    settle: () => keeper.settle(),
    noteLoss,
  };
  const tables = byKind((kind) => new Table(kind, changes));
  const { unit, room } = tables;
  const isClosed = today ? createIsClosed(tables, today) : () => false;
  const keeper = createStateKeeper(tables, kindOfUnlistedObject, isClosed);
  const lookups = Object.fromEntries(
    lookupKinds.map((kind) => [kind, createLookupCache((externalId) => noteLookup(`${kind}:${externalId}`))]),
  ) as Record<LookupKind, ReturnType<typeof createLookupCache>>;

  function noteLookup(key: string) {
    if (!collected) return;
    // Happens only while no store takes them. The store then has an earlier answer of Alma.
    if (collected.lookups.size >= MAX_COLLECTED) collected.lookups.clear();
    collected.lookups.add(key);
  }

  function noteListRead() {
    const read = Object.values(tables).map(({ listReadUntil }) => listReadUntil);
    recorder?.noteRead(Math.min(...read.filter((until) => until !== NEVER)));
  }

  const getOrCreate = (kind: Kind, id: number) => tables[kind].getOrCreate(id);

  /** Like `settle`, in slices. */
  const settleInSlices = () => inSlices(keeper.steps(), () => {});

  function findObject(id: number, matches: (record: CachedRecord) => boolean) {
    const asUnit = unit.get(id);
    if (asUnit && matches(asUnit)) return asUnit;
    const asRoom = room.get(id);
    return asRoom && matches(asRoom) ? asRoom : undefined;
  }

  /**
   * Returns the unit or room of an id; undefined if its kind is unknown. Both share one range of ids, and an id never
   * changes its kind, so readings of any age count.
   */
  const findRentalObject = (id: number) => findObject(id, isListed) ?? findObject(id, isPresent);

  function kindOfUnlistedObject(id: number) {
    const known = findRentalObject(id);
    if (known) return known.kind;
    const [asRoom, asUnit] = [room.get(id), unit.get(id)];
    if (!asRoom?.isGone(NEVER)) return "room";
    return asUnit?.isGone(NEVER) && asUnit.goneAt > asRoom.goneAt ? "room" : "unit";
  }

  /** Returns the tables in which a record may have a Bitrix id. */
  const tablesOf = (kind: LookupKind): readonly Table[] =>
    kind === "rentalObject" ? [unit, room] : [tables[kind]];

  /** Returns when the last write ended that may have changed which of these records exist, or what their lists show. */
  const lookupsInvalidatedAt = (kind: LookupKind) =>
    Math.max(...tablesOf(kind).map(({ listInvalidatedAt }) => listInvalidatedAt));

  /**
   * Returns Alma's answer for a Bitrix id, if it is from after `cutoff` and after `lookupsInvalidatedAt`
   * (rule of time).
   */
  function getLookup(kind: LookupKind, externalId: string, cutoff: number): LookupResult | undefined {
    const known = lookups[kind].get(externalId);
    if (!known || known.at <= cutoff || known.at <= lookupsInvalidatedAt(kind)) return undefined;
    const { at, id, kind: found = kind } = known;
    const isNone = id === undefined || found === "rentalObject";
    return { at, record: isNone ? undefined : getOrCreate(found, id) };
  }

  /** Returns all cached units let as a whole that represent a Bitrix unit, of any age (Alma: Apartments). */
  const findRepresentatives = (bitrixUnitId: string): readonly CachedRecord[] =>
    unit
      .withId("additionalExternalId", bitrixUnitId)
      .filter((candidate) => isRepresentativeOf(candidate, bitrixUnitId));

  /** Returns the known record with a Bitrix id. Among several units and rooms, Alma's precedence decides. */
  function findKnown(kind: LookupKind, externalId: string) {
    if (kind !== "rentalObject") return tables[kind].findKnown(externalId);
    const representative = findRepresentatives(externalId).find(isPresent);
    return representative ?? room.findKnown(externalId) ?? unit.findKnown(externalId);
  }

  return {
    scopeOf,
    tables,
    lookups,

    /**
     * Collects changes from now on, with or without mentions. Returns those collected since the last call; undefined
     * the first time.
     */
    collectChanges(hasMentions: boolean): CollectedChanges | undefined {
      const taken = collected;
      collected = { records: new Set(), lookups: new Set(), hasMentions };
      return taken;
    },

    /** Calls `listener` with each changed record when it is settled, before its state is read. */
    onSettled: keeper.onSettled,

    /** Settles all changes (see `createStateKeeper`). */
    settle: keeper.settle,

    /** Like `settle`, one change per step, for many changes while no operation runs. */
    settleInSteps: keeper.steps,
    settleInSlices,
    getOrCreate,

    /**
     * Applies a list read from `at` to `end`: compares it in slices, applies it atomically, and settles in slices
     * unless its data is read earlier. If it throws the reason of `signal`, nothing is applied.
     */
    async applyList(
      kind: Kind,
      listing: Listing<{ readonly id: number }>,
      at: number,
      signal?: LightSignal,
      end = at,
    ): Promise<void> {
      const table = tables[kind];
      table.applyList(await table.prepareList(listing, at, signal, end));
      noteListRead();
      await settleInSlices();
    },

    /** Applies a detail read from `at` to `end`, with the parts of other records inside it. */
    applyDetail(kind: Kind, decoded: Decoded<{ readonly id: number }>, at: number, end = at): CachedRecord {
      const table = tables[kind];
      for (const embedded of table.applyDetail(decoded, at, end))
        getOrCreate(embedded.kind, embedded.id).applyEmbedded(embedded.value, at, end);
      return table.getOrCreate(decoded.record.id);
    },
    findRentalObject,

    /**
     * Returns the record to read for an unlisted rental object. While its kind is unknown, that is the room; if Alma
     * has no such room, the unit; if it has neither, the one first found missing.
     */
    findUnlistedObject: (id: number): CachedRecord =>
      findRentalObject(id) ?? getOrCreate(kindOfUnlistedObject(id), id),
    tablesOf,
    lookupsInvalidatedAt,
    getLookup,

    /**
     * Returns Alma's last answer for a Bitrix id, of any age. If Alma was never asked, or a write may have changed its
     * answer, returns the known record with that id, if any.
     */
    getLookupOfAnyAge(kind: LookupKind, externalId: string): LookupResult | undefined {
      const record = findKnown(kind, externalId);
      return (
        getLookup(kind, externalId, NEVER) ?? (record && { at: record.fieldReadAt("externalId"), record })
      );
    },

    /** Records Alma's answer for a Bitrix id. */
    setLookup(kind: LookupKind, externalId: string, { at, record }: LookupResult) {
      const found = kind === "rentalObject" ? record?.kind : undefined;
      lookups[kind].set(externalId, { at, kind: found, id: record?.id });
    },
    findKnown,
    findRepresentatives,

    /**
     * Returns the record in Alma's answer of `at`. With a parent it is a room, without one a unit (Alma: Rental
     * object). For a listed id the list decides, since the answer may omit the parent.
     */
    applyRentalObject({ id, parentUnitId }: RentalObjectLookup, at: number): CachedRecord {
      const record = findObject(id, isListed) ?? getOrCreate(parentUnitId === null ? "unit" : "room", id);
      record.markKindKnown(at);
      return record;
    },
  };
}

export type Store = ReturnType<typeof createStore>;

const isListed = ({ isListed: listed }: CachedRecord) => listed;
const isPresent = (record: CachedRecord) => record.hasBeenSeen && !record.isGone(NEVER);
