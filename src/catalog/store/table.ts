import type { AlmaError, Decoded, Listing } from "../../alma/index.ts";
import { CachedRecord, DETAIL, type WriteTimes } from "./cached-record.ts";
import { type EmbeddedRecord, type Kind, type KindDefinition, kindDefinitions } from "./kind.ts";
import { createLookupCache } from "./lookup-cache.ts";
import { RelationIndex } from "./relation-index.ts";
import { NEVER } from "./source.ts";

/** How many unlisted records (archived, or asked for in vain) are remembered beside the listed ones. */
const MAX_UNLISTED = 10_000;

/** Which record a Bitrix id names, if any, and as of when. */
interface IdLookup {
  readonly at: number;
  readonly id: number | undefined;
}

type DecodedRecord = Decoded<{ readonly id: number }>;

/** All that is known of one kind of record. */
export class Table {
  readonly kind: Kind;
  readonly definition: KindDefinition;
  /** Records that the newest list names, newest (highest id) first. */
  listed: readonly CachedRecord[] = [];
  /** Entries of the newest list that had no usable id. */
  malformedEntries = 0;
  listAt = NEVER;
  listFailure: { readonly at: number; readonly error: AlmaError } | undefined;
  /** When a write last changed which records there are, or what their list shows. */
  listInvalidatedAt = NEVER;
  /** Changes whenever anything in the table does. */
  version = 0;
  /** What Alma answered for a Bitrix id: the record's id, or undefined for none. */
  readonly lookups = createLookupCache<IdLookup>();
  /** To which others they refer. */
  readonly relationIndex: RelationIndex;
  readonly #records = new Map<number, CachedRecord>();
  /** Forgotten ones that somebody may still hold: an id never has two entries, or a read would miss its own news. */
  readonly #evicted = new Map<number, WeakRef<CachedRecord>>();
  /** New entries start as written at these times: which writes they are under is not known, or not any more. */
  readonly #evictedWrites = {
    invalidatedAt: NEVER,
    detailInvalidatedAt: NEVER,
    relationsInvalidatedAt: NEVER,
  };
  #oldestReading = { version: -1, at: NEVER };

  constructor(kind: Kind) {
    this.kind = kind;
    this.definition = kindDefinitions[kind];
    this.relationIndex = new RelationIndex(this.definition.relations);
  }

  /** The entry of an id; an empty one is made if nothing is known of it. */
  getOrCreate(id: number): CachedRecord {
    const known = this.#records.get(id);
    if (known) return known;
    if (this.#records.size > this.listed.length + 2 * MAX_UNLISTED) this.#evict();
    return this.#create(id);
  }

  #create(id: number): CachedRecord {
    const evicted = this.#evicted.get(id)?.deref();
    this.#evicted.delete(id);
    const cached = evicted ?? new CachedRecord(this.kind, id, this.definition.typeName, this.#evictedWrites);
    this.#records.set(id, cached);
    // Back in the indexes; but which writes have moved it meanwhile is not known.
    if (evicted) this.relationIndex.indexRecord(evicted, NEVER);
    return cached;
  }

  /** The entry of an id, if there is one. */
  get(id: number): CachedRecord | undefined {
    return this.#records.get(id) ?? (this.#evicted.get(id)?.deref() && this.getOrCreate(id));
  }

  /** Listed records that refer to any of the parents by `link`, newest first. */
  referringTo(relation: string, parents: readonly number[]): readonly CachedRecord[] {
    const found = this.relationIndex.referrers(relation, parents).filter((cached) => cached.isListed);
    return parents.length > 1 ? found.sort((a, b) => b.id - a.id) : found;
  }

  /** Whether the list is known as of a time after `cutoff` and after the last write that changed it. */
  isListKnown(cutoff: number): boolean {
    return this.listAt > this.listInvalidatedAt && this.listAt > cutoff;
  }

  /** What Alma answered for a Bitrix id after `cutoff`, if it was asked and no write has changed the list since. */
  getLookup(externalId: string, cutoff: number): IdLookup | undefined {
    const known = this.lookups.get(externalId);
    return known && known.at > cutoff && known.at > this.listInvalidatedAt ? known : undefined;
  }

  /** What there is for a Bitrix id, of any age: Alma's own answer or, if it was never asked, what is listed so. */
  getLookupOfAnyAge(externalId: string): IdLookup | undefined {
    const listed = this.findListed(externalId);
    return (
      this.lookups.get(externalId) ?? (listed && { at: listed.fieldReadAt("externalId"), id: listed.id })
    );
  }

  /** The listed record with a Bitrix id; of several, the newest. */
  findListed(externalId: string): CachedRecord | undefined {
    return this.listed.find((cached) => cached.value.externalId === externalId);
  }

  /** Takes in a list that was asked for at `at`. */
  applyList(listing: Listing<{ readonly id: number }>, at: number): void {
    if (at <= this.listAt) return;
    this.version++;
    this.listAt = at;
    this.listFailure = undefined;
    this.malformedEntries = listing.malformed;
    for (const cached of this.listed) cached.isListed = false;
    const listed: CachedRecord[] = [];
    const { isFinal } = this.definition;
    for (const { record, fieldErrors: faults } of listing.items) {
      const { id, ...values } = record;
      // Before all of them are listed, nobody can tell how many are not.
      const cached = this.#records.get(id) ?? this.#create(id);
      if (cached.isListed) continue;
      cached.isListed = true;
      cached.applyListEntry(values, faults, at, isFinal);
      listed.push(cached);
    }
    for (const cached of this.listed) if (!cached.isListed) cached.markUnlisted(at);
    this.listed = listed.sort((a, b) => b.id - a.id);
    this.#evict();
  }

  /** Takes in a detail that was asked for at `at`, and gives the parts of other records inside it. */
  applyDetail({ record, fieldErrors: faults }: DecodedRecord, at: number): readonly EmbeddedRecord[] {
    const { id, ...values } = record;
    const cached = this.getOrCreate(id);
    if (at <= cached.detailAt) return [];
    this.version++;
    cached.applyDetail(values, faults, at);
    if (at > cached.relationsKnownAt) this.relationIndex.indexRecord(cached, at);
    return this.definition.embedded(values);
  }

  /** Takes in that Alma has no record of this id. */
  markGone(id: number, at: number): void {
    const cached = this.getOrCreate(id);
    this.version++;
    cached.goneAt = Math.max(cached.goneAt, at);
  }

  /**
   * A write that ended at `at` may have changed these records: in all their fields, or (`inList` false) only in those
   * that the list does not show, or (`moved`) also in what they refer to. So it may have changed every record of which
   * it is not known to what it refers.
   */
  invalidate(
    at: number,
    records: "all" | ReadonlySet<CachedRecord>,
    changesList: boolean,
    changesRelations = false,
  ): void {
    this.version++;
    const mark = (times: WriteTimes) => {
      times[changesList ? "invalidatedAt" : "detailInvalidatedAt"] = at;
      if (changesRelations) times.relationsInvalidatedAt = at;
    };
    mark(this.#evictedWrites);
    for (const cached of this.#records.values()) {
      if (records === "all" || records.has(cached) || cached.hasUnknownRelations) mark(cached);
    }
    // No index leads to these any more.
    for (const ref of this.#evicted.values()) {
      const cached = ref.deref();
      if (cached) mark(cached);
    }
  }

  /** A write that ended at `at` may have changed which records there are, or what their list shows. */
  invalidateList(at: number): void {
    this.version++;
    this.listInvalidatedAt = at;
  }

  /** The oldest reading that the reverse indexes rest on: of the list, and of every listed record's detail. */
  indexAsOf(): number {
    if (this.#oldestReading.version !== this.version) {
      let at = this.listAt;
      for (const cached of this.listed) {
        const readAt = cached.asOf(DETAIL);
        if (readAt < at && readAt !== NEVER) at = readAt;
      }
      this.#oldestReading = { version: this.version, at };
    }
    return this.#oldestReading.at;
  }

  /** Everything that is remembered of the kind, listed or not. */
  get records(): Iterable<CachedRecord> {
    return this.#records.values();
  }

  /** Whether it is known of every record that a list or a write has told of to which others it refers. */
  get relationsKnown(): boolean {
    return this.relationIndex.isComplete(this.listed, this.listAt);
  }

  /** How many records are remembered of the kind, listed or not. */
  get size(): number {
    return this.#records.size;
  }

  #evict(): void {
    for (const [id, ref] of this.#evicted) if (!ref.deref()) this.#evicted.delete(id);
    let surplus = this.#records.size - this.listed.length - MAX_UNLISTED;
    for (const cached of this.#records.values()) {
      if (surplus <= 0) return;
      if (cached.isListed) continue;
      this.#records.delete(cached.id);
      this.#evicted.set(cached.id, new WeakRef(cached));
      this.relationIndex.remove(cached);
      this.#evictedWrites.invalidatedAt = Math.max(this.#evictedWrites.invalidatedAt, cached.invalidatedAt);
      this.#evictedWrites.detailInvalidatedAt = Math.max(
        this.#evictedWrites.detailInvalidatedAt,
        cached.detailInvalidatedAt,
      );
      this.#evictedWrites.relationsInvalidatedAt = Math.max(
        this.#evictedWrites.relationsInvalidatedAt,
        cached.relationsInvalidatedAt,
      );
      surplus--;
    }
  }
}
