import { LRUCache } from "lru-cache";
import {
  type Decoded,
  type LightSignal,
  type Listing,
  type RentalObjectLookup,
  Slices,
} from "../../alma/index.ts";
import { type CachedRecord, isRepresentativeOf } from "../record/cached-record.ts";
import { byKind, type Kind, kindDefinitions, kinds } from "../record/kind.ts";
import type { ScopeOfField } from "../record/logged-change.ts";
import type { Recorder } from "../record/recorder.ts";
import { type FieldValues, NEVER } from "../record/source.ts";
import type { Changes } from "./record-map.ts";
import { createStateKeeper } from "./state-keeper.ts";
import { Table } from "./table.ts";

export const CONTRACT_KINDS: readonly Kind[] = ["ownerContract", "tenantContract"];

/** In milliseconds: so long after its end a contract counts as closed. */
const ENDED_FOR = 30 * 86_400_000;

/**
 * Whether a record is closed, so that hardly anybody changes it: a building, unit, room or contract that is archived, a
 * contract that ended more than 30 days ago, or a client of such contracts alone. `today`: `YYYY-MM-DD`.
 */
function createIsClosed(tables: Readonly<Record<Kind, Table>>, today: () => string) {
  let [day, lastEnd] = ["", ""];

  /** A contract that ended before this day has ended long ago. */
  function endedBefore(): string {
    const now = today();
    if (now !== day) {
      day = now;
      const at = Date.parse(now);
      lastEnd = Number.isNaN(at) ? "" : new Date(at - ENDED_FOR).toISOString().slice(0, 10);
    }
    return lastEnd;
  }

  function isClosedContract({ endDate, unitUsage }: FieldValues): boolean {
    if ((unitUsage as { readonly isArchived?: unknown } | null | undefined)?.isArchived === true) return true;
    return typeof endDate === "string" && endDate < endedBefore();
  }

  return ({ kind, id, value }: CachedRecord): boolean => {
    if (CONTRACT_KINDS.includes(kind)) return isClosedContract(value);
    if (kind !== "client") return value.isArchived === true;
    const contracts = CONTRACT_KINDS.flatMap((one) => tables[one].relationIndex.referrers("client", [id]));
    return contracts.length > 0 && contracts.every((contract) => isClosedContract(contract.value));
  };
}

/** The ids of the records that a contract refers to, by their kinds: those of its object and of its client. */
export const partiesOf = (kind: Kind, value: FieldValues): readonly (readonly [Kind, number])[] =>
  Object.values(kindDefinitions[kind].relations).flatMap(({ to, idOf }) => {
    const id = idOf(value);
    return id == null ? [] : to.map((one) => [one, id] as const);
  });

/** What a Bitrix id is looked up as: a record of a kind, or a unit or room (Alma: Rental object). */
export type LookupKind = Kind | "rentalObject";

export const lookupKinds: readonly LookupKind[] = [...kinds, "rentalObject"];

/** Alma's answer for a Bitrix id, and when Alma was asked. */
interface IdLookup {
  readonly at: number;
  /** Of a rental object: of which kind it is. */
  readonly kind?: Kind | undefined;
  /** Undefined: there is no such record. */
  readonly id: number | undefined;
}

/** The maximum number of characters of all remembered Bitrix ids; each id counts as 100 more. */
const MAX_CHARACTERS = 4_000_000;

/**
 * A cache of answers by Bitrix id. It keeps the last used ones, since callers may ask for any number of long ids.
 * `onChange` is called with each id whose answer is set or forgotten.
 */
function createLookupCache(onChange: (externalId: string) => void): LRUCache<string, IdLookup> {
  return new LRUCache<string, IdLookup>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_result, externalId) => externalId.length + 100,
    onInsert: (_result, externalId) => onChange(externalId),
    dispose: (_result, externalId, reason) => {
      if (reason === "evict") onChange(externalId);
    },
  });
}

/** The record that a Bitrix id leads to, undefined if there is none, and when that was read. */
export interface LookupResult {
  readonly at: number;
  readonly record: CachedRecord | undefined;
}

/** The most lookups of which it is gathered that they have changed. */
const MAX_GATHERED = 50_000;

/** What has changed: records, and the keys of lookups (`unit:` or `rentalObject:`, and a Bitrix id). */
interface GatheredChanges {
  readonly records: Set<CachedRecord>;
  readonly lookups: Set<string>;
  /** Whether a record counts that another one has shown as before. */
  readonly hasMentions: boolean;
}

/**
 * What is known of Alma, by kind. It makes no calls: readings and writes are applied to it. `slices`: those of all work
 * on Alma's answers in this process. `recorder`: is told of changes. `scopeOf`: what fields need. `today`:
 * `YYYY-MM-DD`.
 */
export function createStore(
  slices = new Slices(),
  recorder?: Recorder,
  scopeOf: ScopeOfField = () => undefined,
  noteLoss?: Changes["noteLoss"],
  today: () => string = () => "",
) {
  let gathered: GatheredChanges | undefined;
  const changes: Changes = {
    recorder,
    noteChange(cached, change) {
      if (change !== "mention" || gathered?.hasMentions) gathered?.records.add(cached);
      if (change !== "mention") keeper.noteChange(cached);
    },
    settle: () => keeper.settle(),
    noteLoss,
  };
  const tables = byKind((kind) => new Table(kind, changes));
  const { unit, room } = tables;
  const keeper = createStateKeeper(tables, kindOfUnlistedObject, createIsClosed(tables, today));
  const lookups = Object.fromEntries(
    lookupKinds.map((kind) => [kind, createLookupCache((externalId) => noteLookup(`${kind}:${externalId}`))]),
  ) as Record<LookupKind, ReturnType<typeof createLookupCache>>;

  function noteLookup(key: string): void {
    if (!gathered) return;
    // While a store takes nothing. What it has of these is an answer that Alma gave earlier.
    if (gathered.lookups.size >= MAX_GATHERED) gathered.lookups.clear();
    gathered.lookups.add(key);
  }

  function noteListRead(): void {
    const read = Object.values(tables).map(({ listReadUntil }) => listReadUntil);
    recorder?.noteRead(Math.min(...read.filter((until) => until !== NEVER)));
  }

  const getOrCreate = (kind: Kind, id: number): CachedRecord => tables[kind].getOrCreate(id);

  /** As `settle`, in slices. */
  const settleInSlices = (): Promise<void> => slices.forEach(keeper.steps(), () => {});

  function findObject(id: number, matches: (record: CachedRecord) => boolean): CachedRecord | undefined {
    const asUnit = unit.get(id);
    if (asUnit && matches(asUnit)) return asUnit;
    const asRoom = room.get(id);
    return asRoom && matches(asRoom) ? asRoom : undefined;
  }

  /**
   * The unit or room of an id; undefined if the kind of the id is unknown. Units and rooms share one space of ids, and
   * an id never changes its kind, so readings of any age count.
   */
  const findRentalObject = (id: number): CachedRecord | undefined =>
    findObject(id, isListed) ?? findObject(id, isPresent);

  function kindOfUnlistedObject(id: number): Kind {
    const known = findRentalObject(id);
    if (known) return known.kind;
    const [asRoom, asUnit] = [room.get(id), unit.get(id)];
    if (!asRoom?.isGone(NEVER)) return "room";
    return asUnit?.isGone(NEVER) && asUnit.goneAt > asRoom.goneAt ? "room" : "unit";
  }

  /** The tables in which a record may have a Bitrix id. */
  const tablesOf = (kind: LookupKind): readonly Table[] =>
    kind === "rentalObject" ? [unit, room] : [tables[kind]];

  /** When the last write ended that may have changed which of these records there are, or what their lists show. */
  const lookupsInvalidatedAt = (kind: LookupKind): number =>
    Math.max(...tablesOf(kind).map(({ listInvalidatedAt }) => listInvalidatedAt));

  /** Alma's answer for a Bitrix id, if it is from after `cutoff` and after `lookupsInvalidatedAt` (rule of time). */
  function getLookup(kind: LookupKind, externalId: string, cutoff: number): LookupResult | undefined {
    const known = lookups[kind].get(externalId);
    if (!known || known.at <= cutoff || known.at <= lookupsInvalidatedAt(kind)) return undefined;
    const { at, id, kind: found = kind } = known;
    const isNone = id === undefined || found === "rentalObject";
    return { at, record: isNone ? undefined : getOrCreate(found, id) };
  }

  /** All remembered units let whole that represent a Bitrix unit, of any age (Alma: Apartments). */
  const findRepresentatives = (bitrixUnitId: string): readonly CachedRecord[] =>
    unit
      .withId("additionalExternalId", bitrixUnitId)
      .filter((candidate) => isRepresentativeOf(candidate, bitrixUnitId));

  /** The record that is known by a Bitrix id; of several units and rooms, Alma's order decides. */
  function findKnown(kind: LookupKind, externalId: string): CachedRecord | undefined {
    if (kind !== "rentalObject") return tables[kind].findKnown(externalId);
    const representative = findRepresentatives(externalId).find(isPresent);
    return representative ?? room.findKnown(externalId) ?? unit.findKnown(externalId);
  }

  return {
    slices,
    scopeOf,
    tables,
    /** Alma's answers, by Bitrix id. */
    lookups,
    /** Gathers what changes; undefined while nobody asks. */
    get gathered() {
      return gathered;
    },
    set gathered(next) {
      gathered = next;
    },

    /** Calls `listener` with each record that has changed, when that is settled: before anybody looks at its state. */
    onSettled: keeper.onSettled,

    /** Settles all changes (see `createStateKeeper`). */
    settle: keeper.settle,

    /** As `settle`, one change with each step, for many changes while nobody looks. */
    settleInSteps: keeper.steps,
    settleInSlices,
    getOrCreate,

    /**
     * Applies a list that was read from `at` to `end`: it is compared in slices, then applied at once, and settled in
     * slices, unless somebody looks before that. Throws the reason of `signal`, and then nothing is applied.
     */
    async applyList(
      kind: Kind,
      listing: Listing<{ readonly id: number }>,
      at: number,
      signal?: LightSignal,
      end = at,
    ): Promise<void> {
      const table = tables[kind];
      table.applyList(await table.prepareList(listing, at, slices, signal, end));
      noteListRead();
      await settleInSlices();
    },

    /** Applies a detail that was read from `at` to `end`, and the parts of other records inside it. */
    applyDetail(kind: Kind, decoded: Decoded<{ readonly id: number }>, at: number, end = at): CachedRecord {
      const table = tables[kind];
      for (const embedded of table.applyDetail(decoded, at, end))
        getOrCreate(embedded.kind, embedded.id).applyEmbedded(embedded.value, undefined, at, end);
      return table.getOrCreate(decoded.record.id);
    },
    findRentalObject,

    /**
     * The record to read for a rental object that no list names. While the kind of its id is unknown, that is the room;
     * if Alma has no such room, the unit; if it has neither, the record that was found gone first.
     */
    findUnlistedObject: (id: number): CachedRecord =>
      findRentalObject(id) ?? getOrCreate(kindOfUnlistedObject(id), id),
    tablesOf,
    lookupsInvalidatedAt,
    getLookup,

    /**
     * Alma's last answer for a Bitrix id, of any age. If it was never asked, or a write may have changed its answer:
     * the record that is known by that id, if there is one.
     */
    getLookupOfAnyAge(kind: LookupKind, externalId: string): LookupResult | undefined {
      const record = findKnown(kind, externalId);
      return (
        getLookup(kind, externalId, NEVER) ?? (record && { at: record.fieldReadAt("externalId"), record })
      );
    },

    /** Notes Alma's answer for a Bitrix id. */
    setLookup(kind: LookupKind, externalId: string, { at, record }: LookupResult): void {
      const found = kind === "rentalObject" ? record?.kind : undefined;
      lookups[kind].set(externalId, { at, kind: found, id: record?.id });
    },
    findKnown,
    findRepresentatives,

    /**
     * The record of Alma's answer of `at`. One with a parent is a room, without one a unit (Alma: Rental object). Where
     * a list names the id, the list decides, since the answer may leave the parent out.
     */
    applyRentalObject({ id, parentUnitId }: RentalObjectLookup, at: number): CachedRecord {
      const record = findObject(id, isListed) ?? getOrCreate(parentUnitId === null ? "unit" : "room", id);
      record.markKindKnown(at);
      return record;
    },
  };
}

export type Store = ReturnType<typeof createStore>;

const isListed = ({ isListed: listed }: CachedRecord): boolean => listed;
const isPresent = (record: CachedRecord): boolean => record.hasBeenSeen && !record.isGone(NEVER);
