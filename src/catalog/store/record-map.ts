import { CachedRecord } from "./cached-record.ts";
import type { Kind } from "./kind.ts";
import type { RecordObserver } from "./record-observer.ts";
import type { RelationIndex } from "./relation-index.ts";
import { NEVER } from "./source.ts";
import { keepLatest, markInvalidated, noWrites, type WriteScope } from "./write-times.ts";

/** How many unlisted records (archived, or asked for but not in Alma) are remembered. */
const MAX_UNLISTED = 10_000;

/** The remembered records of one kind, by id: all listed ones, and the unlisted ones that were created last. */
export class RecordMap {
  readonly #kind: Kind;
  readonly #typeName: string;
  readonly #relationIndex: RelationIndex;
  readonly #observer: RecordObserver<CachedRecord>;
  readonly #records = new Map<number, CachedRecord>();
  /** Evicted records that may still be in use. They come back if asked for: two objects of one id would read apart. */
  readonly #evicted = new Map<number, WeakRef<CachedRecord>>();
  /** The last writes to any evicted record. A record created later may be one of them, so it starts with these. */
  readonly #evictedWrites = noWrites();
  #listedCount = 0;
  /** Slots below `#slotCount` that no record has. */
  readonly #freeSlots: number[] = [];
  #slotCount = 0;

  constructor(
    kind: Kind,
    typeName: string,
    relationIndex: RelationIndex,
    observer: RecordObserver<CachedRecord>,
  ) {
    this.#kind = kind;
    this.#typeName = typeName;
    this.#relationIndex = relationIndex;
    this.#observer = observer;
  }

  get(id: number): CachedRecord | undefined {
    return this.#records.get(id) ?? (this.#evicted.get(id)?.deref() && this.getOrCreate(id));
  }

  getOrCreate(id: number): CachedRecord {
    const known = this.#records.get(id);
    if (known) return known;
    if (this.#records.size > this.#listedCount + 2 * MAX_UNLISTED) this.evict(this.#listedCount);
    return this.#create(id);
  }

  /** The record of an id, if it is remembered and was not evicted. */
  getRemembered(id: number): CachedRecord | undefined {
    return this.#records.get(id);
  }

  /** A record that is not remembered, and of which nobody is told, before `addListed` adds it. */
  createApart(id: number): CachedRecord {
    return new CachedRecord(this.#kind, id, this.#typeName);
  }

  /**
   * As `getOrCreate`, without evicting others: until the whole list is applied, it is not known which are unlisted. A
   * record that has to be created is `apart`, if that is given.
   */
  addListed(id: number, apart?: CachedRecord): CachedRecord {
    return this.#records.get(id) ?? this.#create(id, apart);
  }

  values(): Iterable<CachedRecord> {
    return this.#records.values();
  }

  get size(): number {
    return this.#records.size;
  }

  /** More than the slot of any remembered record. */
  get slotCount(): number {
    return this.#slotCount;
  }

  /** Notes a write that ended at `at` and may have changed these records, and all whose relations are unknown. */
  invalidate(at: number, records: "all" | ReadonlySet<CachedRecord>, scope: WriteScope): void {
    markInvalidated(this.#evictedWrites, at, scope);
    for (const cached of this.#records.values())
      if (records === "all" || records.has(cached) || cached.hasUnknownRelations)
        cached.markInvalidated(at, scope);
    // The relation index has no evicted records, so each may be affected.
    for (const ref of this.#evicted.values()) {
      const cached = ref.deref();
      cached?.markInvalidated(at, scope);
    }
  }

  /** Evicts surplus unlisted records, in the order of their creation. `listedCount`: how many are listed. */
  evict(listedCount: number): void {
    this.#listedCount = listedCount;
    for (const [id, ref] of this.#evicted) if (!ref.deref()) this.#evicted.delete(id);
    let surplus = this.#records.size - listedCount - MAX_UNLISTED;
    for (const cached of this.#records.values()) {
      if (surplus <= 0) return;
      if (cached.isListed) continue;
      this.#records.delete(cached.id);
      this.#evicted.set(cached.id, new WeakRef(cached));
      this.#freeSlots.push(cached.slot);
      cached.slot = -1;
      this.#relationIndex.remove(cached);
      this.#observer.noteChange(cached, "content");
      keepLatest(this.#evictedWrites, cached);
      surplus--;
    }
  }

  #create(id: number, apart?: CachedRecord): CachedRecord {
    const evicted = this.#evicted.get(id)?.deref();
    this.#evicted.delete(id);
    const cached = evicted ?? apart ?? this.createApart(id);
    if (!evicted) keepLatest(cached, this.#evictedWrites);
    cached.observer = this.#observer;
    cached.slot = this.#freeSlots.pop() ?? this.#slotCount++;
    this.#records.set(id, cached);
    this.#observer.noteChange(cached, "content");
    // The index lost its relations at eviction. They come back as unknown: a write may have moved the record since.
    if (evicted) this.#relationIndex.indexRecord(evicted, NEVER);
    return cached;
  }
}
