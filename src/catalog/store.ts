import type { Decoded, Listing, RentalObjectLookup } from "../alma/index.ts";
import { answersByExternalId } from "./answers.ts";
import type { Entry } from "./entry.ts";
import { type Kind, kinds } from "./kind.ts";
import { NEVER } from "./source.ts";
import { Table } from "./table.ts";

/** What a Bitrix id names, if anything, and as of when. */
export interface Found {
  readonly at: number;
  readonly entry: Entry | undefined;
}

/** All that is known of Alma, by kind. Knows no calls: it is told what was read and what was written. */
export class Store {
  readonly #rentals = answersByExternalId<Found>();
  readonly tables: Readonly<Record<Kind, Table>>;

  constructor() {
    this.tables = Object.fromEntries(kinds.map((kind) => [kind, new Table(kind)])) as Record<Kind, Table>;
  }

  entry(kind: Kind, id: number): Entry {
    return this.tables[kind].entry(id);
  }

  takeList(kind: Kind, listing: Listing<{ readonly id: number }>, at: number): void {
    this.tables[kind].takeList(listing, at);
  }

  /** Takes in a detail, and what it shows of other records. */
  takeDetail(kind: Kind, decoded: Decoded<{ readonly id: number }>, at: number): Entry {
    const table = this.tables[kind];
    for (const stub of table.takeDetail(decoded, at)) {
      const other = this.tables[stub.kind];
      other.version++;
      other.entry(stub.id).takeSummary(stub.value, undefined, at);
    }
    return table.entry(decoded.record.id);
  }

  /**
   * The unit or room of an id, if the kind of the id is known. Both draw their ids from one space, and an id never
   * changes its kind, so knowledge of any age will do.
   */
  rentalObject(id: number): Entry | undefined {
    return this.#object(id, isListed) ?? this.#object(id, isThere);
  }

  /** What Alma answered for a Bitrix id after `cutoff`, if no write has changed units or rooms since. */
  rentalLookup(externalId: string, cutoff: number): Found | undefined {
    const known = this.#rentals.get(externalId);
    return known && known.at > cutoff && known.at > this.rentalsTouchedAt ? known : undefined;
  }

  /** When a write last changed which units or rooms there are, or what their lists show. */
  get rentalsTouchedAt(): number {
    return Math.max(this.tables.unit.listTouchedAt, this.tables.room.listTouchedAt);
  }

  /**
   * Takes in Alma's answer for a Bitrix id. Alma: Rental object: with a parent it is a room, without one a unit; but
   * what a list names is what that list is of, whatever is missing here.
   */
  takeRental(externalId: string, found: RentalObjectLookup | undefined, at: number): void {
    const entry = found && (this.#object(found.id, isListed) ?? this.#objectOf(found));
    if (entry && at > entry.ofKindAt) entry.ofKindAt = at;
    this.#rentals.set(externalId, { at, entry });
  }

  #object(id: number, is: (entry: Entry) => boolean): Entry | undefined {
    const unit = this.tables.unit.peek(id);
    if (unit && is(unit)) return unit;
    const room = this.tables.room.peek(id);
    return room && is(room) ? room : undefined;
  }

  #objectOf({ id, parentUnitId }: RentalObjectLookup): Entry {
    return this.entry(parentUnitId === null ? "unit" : "room", id);
  }

  /** Takes in that the lists of units and rooms have to decide on a Bitrix id: a room goes before a unit. */
  takeRentalFromLists(externalId: string, at: number): void {
    const { unit, room } = this.tables;
    this.#rentals.set(externalId, { at, entry: room.listedAs(externalId) ?? unit.listedAs(externalId) });
  }

  /** What there is for a Bitrix id, of any age: Alma's own answer or, if it was never asked, what is listed so. */
  rentalOfAnyAge(externalId: string): Found | undefined {
    const known = this.#rentals.get(externalId);
    const entry = this.tables.room.listedAs(externalId) ?? this.tables.unit.listedAs(externalId);
    return known ?? (entry && { at: entry.readAt("externalId"), entry });
  }
}

const isListed = ({ listed }: Entry): boolean => listed;
const isThere = (entry: Entry): boolean => entry.seen && !entry.gone(NEVER);
