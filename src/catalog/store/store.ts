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
import { type Kind, kinds } from "../record/kind.ts";
import type { Changes } from "../record/record-observer.ts";
import { NEVER } from "../record/source.ts";
import { createLookupCache } from "./lookup-cache.ts";
import { createStateKeeper } from "./state-keeper.ts";
import { Table } from "./table.ts";

/** The record that a Bitrix id leads to, undefined if there is none, and when that was read. */
export interface LookupResult {
  readonly at: number;
  readonly record: CachedRecord | undefined;
}

/** The beginning of the keys of lookups of rental objects, where those of one kind have the kind. */
export const RENTAL_OBJECT = "rentalObject";

/** What has changed: records, and the keys of lookups (`unit:` and a Bitrix id). */
interface GatheredChanges {
  readonly records: Set<CachedRecord>;
  readonly lookups: Set<string>;
  /** Whether a record counts that another one has shown as before. */
  readonly hasMentions: boolean;
}

/** What is known of Alma, by kind. It makes no calls: readings and writes are applied to it. */
export class Store {
  readonly rentalLookups = createLookupCache<LookupResult>((externalId) =>
    this.gathered?.lookups.add(`${RENTAL_OBJECT}:${externalId}`),
  );
  readonly tables: Readonly<Record<Kind, Table>>;
  /** Gathers what changes; undefined while nobody asks. */
  gathered: GatheredChanges | undefined;
  readonly slices: Slices;

  readonly #keeper: ReturnType<typeof createStateKeeper>;

  /** `slices`: those of all work on Alma's answers in this process. `changeLog`: where changes are recorded. */
  constructor(slices = new Slices(), changeLog?: ChangeLog) {
    this.slices = slices;
    const changes: Changes<CachedRecord> = {
      recorder: changeLog,
      noteChange: (cached, change) => {
        if (change !== "mention" || this.gathered?.hasMentions) this.gathered?.records.add(cached);
        if (change !== "mention") this.#keeper.noteChange(cached);
      },
      noteLookup: (key) => this.gathered?.lookups.add(key),
      settle: () => this.#keeper.settle(),
    };
    this.tables = Object.fromEntries(kinds.map((kind) => [kind, new Table(kind, changes)])) as Record<
      Kind,
      Table
    >;
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

  /** Alma's answer for a Bitrix id, if it is from after `cutoff` and after `rentalsInvalidatedAt` (rule of time). */
  getRentalLookup(externalId: string, cutoff: number): LookupResult | undefined {
    const known = this.rentalLookups.get(externalId);
    return known && known.at > cutoff && known.at > this.rentalsInvalidatedAt ? known : undefined;
  }

  /** When the last write ended that may have changed which units or rooms there are, or what their lists show. */
  get rentalsInvalidatedAt(): number {
    return Math.max(this.tables.unit.listInvalidatedAt, this.tables.room.listInvalidatedAt);
  }

  /**
   * Applies Alma's answer for a Bitrix id. A record with a parent is a room, without one a unit (Alma: Rental object).
   * Where a list names the id, the list decides, since the answer may leave the parent out.
   */
  applyRentalLookup(externalId: string, answer: RentalObjectLookup | undefined, at: number): void {
    const record =
      answer &&
      (this.#findObject(answer.id, isListed) ??
        this.getOrCreate(answer.parentUnitId === null ? "unit" : "room", answer.id));
    record?.markKindKnown(at);
    this.rentalLookups.set(externalId, { at, record });
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

  /** Decides a Bitrix id by the lists of units and rooms, as of `at`. As in Alma, a room goes before a unit. */
  applyRentalFromLists(externalId: string, at: number): void {
    const { unit, room } = this.tables;
    const record = room.findListed(externalId) ?? unit.findListed(externalId);
    this.rentalLookups.set(externalId, { at, record });
  }

  /** As `Table.getLookupOfAnyAge`; of several records that are known by that id, Alma's order decides. */
  getRentalLookupOfAnyAge(externalId: string): LookupResult | undefined {
    const { unit, room } = this.tables;
    const [representative] = this.findRepresentatives(externalId).filter(isPresent);
    const record = representative ?? room.findKnown(externalId) ?? unit.findKnown(externalId);
    return (
      this.getRentalLookup(externalId, NEVER) ?? (record && { at: record.fieldReadAt("externalId"), record })
    );
  }
}

const isListed = ({ isListed: listed }: CachedRecord): boolean => listed;
const isPresent = (record: CachedRecord): boolean => record.hasBeenSeen && !record.isGone(NEVER);
