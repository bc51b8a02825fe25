import {
  type Decoded,
  type LightSignal,
  type Listing,
  type RentalObjectLookup,
  Slices,
} from "../../alma/index.ts";
import type { ChangeLog } from "../history/change-log.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { isRepresentativeOf } from "../record/detail-fact.ts";
import { byKind, type Kind } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import { createLookupCache, type LookupKind, lookupKinds } from "./lookup-cache.ts";
import type { Changes } from "./record-map.ts";
import { createStateKeeper } from "./state-keeper.ts";
import { Table } from "./table.ts";

/** The record that a Bitrix id leads to, undefined if there is none, and when that was read. */
export interface LookupResult {
  readonly at: number;
  readonly record: CachedRecord | undefined;
}

/** What has changed: records, and the keys of lookups (`unit:` or `rentalObject:`, and a Bitrix id). */
interface GatheredChanges {
  readonly records: Set<CachedRecord>;
  readonly lookups: Set<string>;
  /** Whether a record counts that another one has shown as before. */
  readonly hasMentions: boolean;
}

/** What is known of Alma, by kind. It makes no calls: readings and writes are applied to it. */
export class Store {
  /** Alma's answers, by Bitrix id. */
  readonly lookups: Readonly<Record<LookupKind, ReturnType<typeof createLookupCache>>>;
  readonly tables: Readonly<Record<Kind, Table>>;
  /** Gathers what changes; undefined while nobody asks. */
  gathered: GatheredChanges | undefined;
  readonly slices: Slices;

  readonly #keeper: ReturnType<typeof createStateKeeper>;

  /** `slices`: those of all work on Alma's answers in this process. `changeLog`: where changes are recorded. */
  constructor(slices = new Slices(), changeLog?: ChangeLog) {
    this.slices = slices;
    const changes: Changes = {
      recorder: changeLog,
      noteChange: (cached, change) => {
        if (change !== "mention" || this.gathered?.hasMentions) this.gathered?.records.add(cached);
        if (change !== "mention") this.#keeper.noteChange(cached);
      },
      settle: () => this.#keeper.settle(),
    };
    this.tables = byKind((kind) => new Table(kind, changes));
    this.lookups = Object.fromEntries(
      lookupKinds.map((kind) => [
        kind,
        createLookupCache((externalId) => this.gathered?.lookups.add(`${kind}:${externalId}`)),
      ]),
    ) as typeof this.lookups;
    this.#keeper = createStateKeeper(this.tables, (id) => this.#kindOfUnlistedObject(id));
  }

  /** Calls `listener` with each record that has changed, when that is settled: before anybody looks at its state. */
  onSettled(listener: (cached: CachedRecord) => void): void {
    this.#keeper.onSettled(listener);
  }

  /** Settles all changes (see `createStateKeeper`). */
  settle(): void {
    this.#keeper.settle();
  }

  /** As `settle`, one change with each step, for many changes while nobody looks. */
  settleInSteps(): Iterable<void> {
    return this.#keeper.steps();
  }

  getOrCreate(kind: Kind, id: number): CachedRecord {
    return this.tables[kind].getOrCreate(id);
  }

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
    const table = this.tables[kind];
    table.applyList(await table.prepareList(listing, at, this.slices, signal, end));
    await this.settleInSlices();
  }

  /**
   * As `applyList`, of a list with the same fingerprint as the newest one, if that is still `fingerprint`. If it is
   * not, nobody knows any more what the list says, and nothing is applied.
   */
  async repeatList(kind: Kind, fingerprint: string, at: number, end = at): Promise<void> {
    const table = this.tables[kind];
    if (table.listFingerprint !== fingerprint) return;
    table.repeatList(at, end);
    await this.settleInSlices();
  }

  /** As `settle`, in slices. */
  settleInSlices(): Promise<void> {
    return this.slices.forEach(this.settleInSteps(), () => {});
  }

  /** Applies a detail that was read from `at` to `end`, and the parts of other records inside it. */
  applyDetail(kind: Kind, decoded: Decoded<{ readonly id: number }>, at: number, end = at): CachedRecord {
    const table = this.tables[kind];
    for (const embedded of table.applyDetail(decoded, at, end)) {
      this.getOrCreate(embedded.kind, embedded.id).applyEmbedded(embedded.value, undefined, at, end);
    }
    return table.getOrCreate(decoded.record.id);
  }

  /**
   * The unit or room of an id; undefined if the kind of the id is unknown. Units and rooms share one space of ids, and
   * an id never changes its kind, so readings of any age count.
   */
  findRentalObject(id: number): CachedRecord | undefined {
    return this.#findObject(id, isListed) ?? this.#findObject(id, isPresent);
  }

  /**
   * The record to read for a rental object that no list names. While the kind of its id is unknown, that is the room;
   * if Alma has no such room, the unit; if it has neither, the record that was found gone first.
   */
  findUnlistedObject(id: number): CachedRecord {
    return this.findRentalObject(id) ?? this.getOrCreate(this.#kindOfUnlistedObject(id), id);
  }

  #kindOfUnlistedObject(id: number): Kind {
    const known = this.findRentalObject(id);
    if (known) return known.kind;
    const [room, unit] = [this.tables.room.get(id), this.tables.unit.get(id)];
    if (!room?.isGone(NEVER)) return "room";
    return unit?.isGone(NEVER) && unit.goneAt > room.goneAt ? "room" : "unit";
  }

  /** The tables in which a record may have a Bitrix id. */
  tablesOf(kind: LookupKind): readonly Table[] {
    return kind === "rentalObject" ? [this.tables.unit, this.tables.room] : [this.tables[kind]];
  }

  /** When the last write ended that may have changed which of these records there are, or what their lists show. */
  lookupsInvalidatedAt(kind: LookupKind): number {
    return Math.max(...this.tablesOf(kind).map(({ listInvalidatedAt }) => listInvalidatedAt));
  }

  /** Alma's answer for a Bitrix id, if it is from after `cutoff` and after `lookupsInvalidatedAt` (rule of time). */
  getLookup(kind: LookupKind, externalId: string, cutoff: number): LookupResult | undefined {
    const known = this.lookups[kind].get(externalId);
    if (!known || known.at <= cutoff || known.at <= this.lookupsInvalidatedAt(kind)) return undefined;
    const { at, id, kind: found = kind } = known;
    return {
      at,
      record: id === undefined || found === "rentalObject" ? undefined : this.getOrCreate(found, id),
    };
  }

  /**
   * Alma's last answer for a Bitrix id, of any age. If it was never asked, or a write may have changed its answer: the
   * record that is known by that id, if there is one.
   */
  getLookupOfAnyAge(kind: LookupKind, externalId: string): LookupResult | undefined {
    const record = this.findKnown(kind, externalId);
    return (
      this.getLookup(kind, externalId, NEVER) ?? (record && { at: record.fieldReadAt("externalId"), record })
    );
  }

  /** Notes Alma's answer for a Bitrix id. */
  setLookup(kind: LookupKind, externalId: string, { at, record }: LookupResult): void {
    this.lookups[kind].set(externalId, {
      at,
      kind: kind === "rentalObject" ? record?.kind : undefined,
      id: record?.id,
    });
  }

  /** The record that is known by a Bitrix id; of several units and rooms, Alma's order decides. */
  findKnown(kind: LookupKind, externalId: string): CachedRecord | undefined {
    if (kind !== "rentalObject") return this.tables[kind].findKnown(externalId);
    const [representative] = this.findRepresentatives(externalId).filter(isPresent);
    return representative ?? this.tables.room.findKnown(externalId) ?? this.tables.unit.findKnown(externalId);
  }

  /**
   * The record of Alma's answer of `at`. One with a parent is a room, without one a unit (Alma: Rental object). Where a
   * list names the id, the list decides, since the answer may leave the parent out.
   */
  applyRentalObject({ id, parentUnitId }: RentalObjectLookup, at: number): CachedRecord {
    const record =
      this.#findObject(id, isListed) ?? this.getOrCreate(parentUnitId === null ? "unit" : "room", id);
    record.markKindKnown(at);
    return record;
  }

  /** All remembered units let whole that represent a Bitrix unit, of any age (Alma: Apartments). */
  findRepresentatives(bitrixUnitId: string): readonly CachedRecord[] {
    const units = this.tables.unit.withId("additionalExternalId", bitrixUnitId);
    return units.filter((unit) => isRepresentativeOf(unit, bitrixUnitId));
  }

  #findObject(id: number, matches: (record: CachedRecord) => boolean): CachedRecord | undefined {
    const unit = this.tables.unit.get(id);
    if (unit && matches(unit)) return unit;
    const room = this.tables.room.get(id);
    return room && matches(room) ? room : undefined;
  }
}

const isListed = ({ isListed: listed }: CachedRecord): boolean => listed;
const isPresent = (record: CachedRecord): boolean => record.hasBeenSeen && !record.isGone(NEVER);
