import type { Decoded, Listing, RentalObjectLookup } from "../../alma/index.ts";
import type { CachedRecord } from "./cached-record.ts";
import { type Kind, kinds } from "./kind.ts";
import { createLookupCache } from "./lookup-cache.ts";
import { NEVER } from "./source.ts";
import { Table } from "./table.ts";

/** What a Bitrix id names, if anything, and as of when. */
export interface LookupResult {
  readonly at: number;
  readonly record: CachedRecord | undefined;
}

/** All that is known of Alma, by kind. Knows no calls: it is told what was read and what was written. */
export class Store {
  readonly #rentalLookups = createLookupCache<LookupResult>();
  readonly tables: Readonly<Record<Kind, Table>>;

  constructor() {
    this.tables = Object.fromEntries(kinds.map((kind) => [kind, new Table(kind)])) as Record<Kind, Table>;
  }

  getOrCreate(kind: Kind, id: number): CachedRecord {
    return this.tables[kind].getOrCreate(id);
  }

  applyList(kind: Kind, listing: Listing<{ readonly id: number }>, at: number): void {
    this.tables[kind].applyList(listing, at);
  }

  /** Takes in a detail, and what it shows of other records. */
  applyDetail(kind: Kind, decoded: Decoded<{ readonly id: number }>, at: number): CachedRecord {
    const table = this.tables[kind];
    for (const embedded of table.applyDetail(decoded, at)) {
      const otherTable = this.tables[embedded.kind];
      otherTable.version++;
      otherTable.getOrCreate(embedded.id).applyEmbedded(embedded.value, undefined, at);
    }
    return table.getOrCreate(decoded.record.id);
  }

  /**
   * The unit or room of an id, if the kind of the id is known. Both draw their ids from one space, and an id never
   * changes its kind, so knowledge of any age will do.
   */
  findRentalObject(id: number): CachedRecord | undefined {
    return this.#findObject(id, isListed) ?? this.#findObject(id, isPresent);
  }

  /** What Alma answered for a Bitrix id after `cutoff`, if no write has changed units or rooms since. */
  getRentalLookup(externalId: string, cutoff: number): LookupResult | undefined {
    const known = this.#rentalLookups.get(externalId);
    return known && known.at > cutoff && known.at > this.rentalsInvalidatedAt ? known : undefined;
  }

  /** When a write last changed which units or rooms there are, or what their lists show. */
  get rentalsInvalidatedAt(): number {
    return Math.max(this.tables.unit.listInvalidatedAt, this.tables.room.listInvalidatedAt);
  }

  /**
   * Takes in Alma's answer for a Bitrix id. Alma: Rental object: with a parent it is a room, without one a unit; but
   * what a list names is what that list is of, whatever is missing here.
   */
  applyRentalLookup(externalId: string, answer: RentalObjectLookup | undefined, at: number): void {
    const record = answer && (this.#findObject(answer.id, isListed) ?? this.#getOrCreateObject(answer));
    if (record && at > record.kindKnownAt) record.kindKnownAt = at;
    this.#rentalLookups.set(externalId, { at, record });
  }

  #findObject(id: number, matches: (record: CachedRecord) => boolean): CachedRecord | undefined {
    const unit = this.tables.unit.get(id);
    if (unit && matches(unit)) return unit;
    const room = this.tables.room.get(id);
    return room && matches(room) ? room : undefined;
  }

  #getOrCreateObject({ id, parentUnitId }: RentalObjectLookup): CachedRecord {
    return this.getOrCreate(parentUnitId === null ? "unit" : "room", id);
  }

  /** Takes in that the lists of units and rooms have to decide on a Bitrix id: a room goes before a unit. */
  applyRentalFromLists(externalId: string, at: number): void {
    const { unit, room } = this.tables;
    this.#rentalLookups.set(externalId, {
      at,
      record: room.findListed(externalId) ?? unit.findListed(externalId),
    });
  }

  /** What there is for a Bitrix id, of any age: Alma's own answer or, if it was never asked, what is listed so. */
  getRentalLookupOfAnyAge(externalId: string): LookupResult | undefined {
    const known = this.#rentalLookups.get(externalId);
    const record = this.tables.room.findListed(externalId) ?? this.tables.unit.findListed(externalId);
    return known ?? (record && { at: record.fieldReadAt("externalId"), record });
  }
}

const isListed = ({ isListed: listed }: CachedRecord): boolean => listed;
const isPresent = (record: CachedRecord): boolean => record.hasBeenSeen && !record.isGone(NEVER);
