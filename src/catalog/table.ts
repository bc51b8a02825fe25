import type { AlmaError, Decoded, Listing } from "../alma/index.ts";
import { answersByExternalId } from "./answers.ts";
import { DETAIL, Entry, type Writes } from "./entry.ts";
import { facts, type Kind, type KindFacts, type Stub } from "./kind.ts";
import { Placement } from "./placement.ts";
import { NEVER, type Values } from "./source.ts";

/** How many unlisted records (archived, or asked for in vain) are remembered beside the listed ones. */
const MAX_UNLISTED = 10_000;

/** Which record a Bitrix id names, if any, and as of when. */
interface Lookup {
  readonly at: number;
  readonly id: number | undefined;
}

type Decodable = Decoded<{ readonly id: number }>;

/** All that is known of one kind of record. */
export class Table {
  readonly kind: Kind;
  readonly facts: KindFacts<Kind>;
  /** Records that the newest list names, newest (highest id) first. */
  listed: readonly Entry[] = [];
  /** Entries of the newest list that had no usable id. */
  unreadable = 0;
  listAt = NEVER;
  listFailure: { readonly at: number; readonly error: AlmaError } | undefined;
  /** When a write last changed which records there are, or what their list shows. */
  listTouchedAt = NEVER;
  /** Changes whenever anything in the table does. */
  version = 0;
  /** What Alma answered for a Bitrix id: the record's id, or undefined for none. */
  readonly lookups = answersByExternalId<Lookup>();
  /** To which others they refer. */
  readonly placement: Placement;
  readonly #entries = new Map<number, Entry>();
  /** Forgotten ones that somebody may still hold: an id never has two entries, or a read would miss its own news. */
  readonly #held = new Map<number, WeakRef<Entry>>();
  /** New entries start as written at these times: which writes they are under is not known, or not any more. */
  readonly #writes = { touchedAt: NEVER, changedAt: NEVER, movedAt: NEVER };
  #oldest = { version: -1, at: NEVER };

  constructor(kind: Kind) {
    this.kind = kind;
    // The facts of one kind are only ever applied to records of that kind.
    this.facts = facts[kind] as unknown as KindFacts<Kind>;
    this.placement = new Placement(this.facts.links);
  }

  /** The entry of an id; an empty one is made if nothing is known of it. */
  entry(id: number): Entry {
    const known = this.#entries.get(id);
    if (known) return known;
    if (this.#entries.size > this.listed.length + 2 * MAX_UNLISTED) this.#forget();
    return this.#make(id);
  }

  #make(id: number): Entry {
    const held = this.#held.get(id)?.deref();
    this.#held.delete(id);
    const entry = held ?? new Entry(this.kind, id, this.facts.typeName, this.#writes);
    this.#entries.set(id, entry);
    // Back in the indexes; but which writes have moved it meanwhile is not known.
    if (held) this.placement.place(held, NEVER);
    return entry;
  }

  /** The entry of an id, if there is one. */
  peek(id: number): Entry | undefined {
    return this.#entries.get(id) ?? (this.#held.get(id)?.deref() && this.entry(id));
  }

  /** Listed records that refer to any of the parents by `link`, newest first. */
  under(link: string, parents: readonly number[]): readonly Entry[] {
    const found = this.placement.around(link, parents).filter((entry) => entry.listed);
    return parents.length > 1 ? found.sort((a, b) => b.id - a.id) : found;
  }

  /** Whether the list is known as of a time after `cutoff` and after the last write that changed it. */
  listKnown(cutoff: number): boolean {
    return this.listAt > this.listTouchedAt && this.listAt > cutoff;
  }

  /** What Alma answered for a Bitrix id after `cutoff`, if it was asked and no write has changed the list since. */
  lookup(externalId: string, cutoff: number): Lookup | undefined {
    const known = this.lookups.get(externalId);
    return known && known.at > cutoff && known.at > this.listTouchedAt ? known : undefined;
  }

  /** What there is for a Bitrix id, of any age: Alma's own answer or, if it was never asked, what is listed so. */
  lookupOfAnyAge(externalId: string): Lookup | undefined {
    const listed = this.listedAs(externalId);
    return this.lookups.get(externalId) ?? (listed && { at: listed.readAt("externalId"), id: listed.id });
  }

  /** The listed record with a Bitrix id; of several, the newest. */
  listedAs(externalId: string): Entry | undefined {
    return this.listed.find((entry) => entry.value.externalId === externalId);
  }

  /** Takes in a list that was asked for at `at`. */
  takeList(listing: Listing<{ readonly id: number }>, at: number): void {
    if (at <= this.listAt) return;
    this.version++;
    this.listAt = at;
    this.listFailure = undefined;
    this.unreadable = listing.unreadable;
    for (const entry of this.listed) entry.listed = false;
    const listed: Entry[] = [];
    const final = this.facts.final as (value: Values) => boolean;
    for (const { record, faults } of listing.items) {
      const { id, ...values } = record;
      // Before all of them are listed, nobody can tell how many are not.
      const entry = this.#entries.get(id) ?? this.#make(id);
      if (entry.listed) continue;
      entry.listed = true;
      entry.takeListed(values, faults, at, final);
      listed.push(entry);
    }
    for (const entry of this.listed) if (!entry.listed) entry.takeUnlisted(at);
    this.listed = listed.sort((a, b) => b.id - a.id);
    this.#forget();
  }

  /** Takes in a detail that was asked for at `at`, and gives the parts of other records inside it. */
  takeDetail({ record, faults }: Decodable, at: number): readonly Stub[] {
    const { id, ...values } = record;
    const entry = this.entry(id);
    if (at <= entry.detailAt) return [];
    this.version++;
    entry.takeDetail(values, faults, at);
    if (at > entry.placedAt) this.placement.place(entry, at);
    return this.facts.stubs(values);
  }

  /** Takes in that Alma has no record of this id. */
  takeGone(id: number, at: number): void {
    const entry = this.entry(id);
    this.version++;
    entry.goneAt = Math.max(entry.goneAt, at);
  }

  /**
   * A write that ended at `at` may have changed these records: in all their fields, or (`inList` false) only in those
   * that the list does not show, or (`moved`) also in what they refer to. So it may have changed every record of which
   * it is not known to what it refers.
   */
  touch(at: number, records: "all" | ReadonlySet<Entry>, inList: boolean, moved = false): void {
    this.version++;
    const note = (writes: Writes) => {
      writes[inList ? "touchedAt" : "changedAt"] = at;
      if (moved) writes.movedAt = at;
    };
    note(this.#writes);
    for (const entry of this.#entries.values()) {
      if (records === "all" || records.has(entry) || entry.unplaced) note(entry);
    }
    // No index leads to these any more.
    for (const held of this.#held.values()) {
      const entry = held.deref();
      if (entry) note(entry);
    }
  }

  /** A write that ended at `at` may have changed which records there are, or what their list shows. */
  touchList(at: number): void {
    this.version++;
    this.listTouchedAt = at;
  }

  /** The oldest reading that the reverse indexes rest on: of the list, and of every listed record's detail. */
  indexAt(): number {
    if (this.#oldest.version !== this.version) {
      let at = this.listAt;
      for (const entry of this.listed) {
        const read = entry.at(DETAIL);
        if (read < at && read !== NEVER) at = read;
      }
      this.#oldest = { version: this.version, at };
    }
    return this.#oldest.at;
  }

  /** Everything that is remembered of the kind, listed or not. */
  get remembered(): Iterable<Entry> {
    return this.#entries.values();
  }

  /** Whether it is known of every record that a list or a write has told of to which others it refers. */
  get placed(): boolean {
    return this.placement.complete(this.listed, this.listAt);
  }

  /** How many records are remembered of the kind, listed or not. */
  get size(): number {
    return this.#entries.size;
  }

  #forget(): void {
    for (const [id, entry] of this.#held) if (!entry.deref()) this.#held.delete(id);
    let surplus = this.#entries.size - this.listed.length - MAX_UNLISTED;
    for (const entry of this.#entries.values()) {
      if (surplus <= 0) return;
      if (entry.listed) continue;
      this.#entries.delete(entry.id);
      this.#held.set(entry.id, new WeakRef(entry));
      this.placement.drop(entry);
      this.#writes.touchedAt = Math.max(this.#writes.touchedAt, entry.touchedAt);
      this.#writes.changedAt = Math.max(this.#writes.changedAt, entry.changedAt);
      this.#writes.movedAt = Math.max(this.#writes.movedAt, entry.movedAt);
      surplus--;
    }
  }
}
