import { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import type { RecordObserver } from "../record/record-observer.ts";
import { NEVER } from "../record/source.ts";
import { keepLatest, markInvalidated, type WriteScope, type WriteTimes } from "../record/write-times.ts";
import { toggle } from "./record-states.ts";
import type { RelationIndex } from "./relation-index.ts";

/** How many records that nothing names (asked for, or archived) are remembered, and how many more for a while. */
const MAX_UNNAMED = 10_000;

/** The remembered records of one kind, by id: all that something names, and the unnamed ones of last. */
export class RecordMap {
  readonly #kind: Kind;
  readonly #typeName: string;
  readonly #relationIndex: RelationIndex;
  readonly #settle: () => void;
  readonly #observer: RecordObserver<CachedRecord>;
  readonly #records = new Map<number, CachedRecord>();
  /** Evicted records that may still be in use. They come back if asked for: two objects of one id would read apart. */
  readonly #evicted = new Map<number, WeakRef<CachedRecord>>();
  /** The last writes to any evicted record. A record created later may be one of them, so it starts with these. */
  readonly evictedWrites: WriteTimes = {
    invalidatedAt: NEVER,
    detailInvalidatedAt: NEVER,
    relationsInvalidatedAt: NEVER,
  };
  /** Records that neither a list nor another record names, as of the last settling. */
  readonly #unnamed = new Set<CachedRecord>();
  #createdSinceEviction = 0;
  /** Slots below `#slotCount` that no record has. */
  readonly #freeSlots: number[] = [];
  #slotCount = 0;
  /** The highest id that was ever remembered; 0 if there is none. */
  highestId = 0;

  constructor(
    kind: Kind,
    typeName: string,
    relationIndex: RelationIndex,
    observer: RecordObserver<CachedRecord>,
    settle: () => void,
  ) {
    this.#kind = kind;
    this.#typeName = typeName;
    this.#relationIndex = relationIndex;
    this.#observer = observer;
    this.#settle = settle;
  }

  get(id: number): CachedRecord | undefined {
    return this.#records.get(id) ?? (this.#evicted.get(id)?.deref() && this.getOrCreate(id));
  }

  getOrCreate(id: number): CachedRecord {
    const known = this.#records.get(id);
    if (known) return known;
    if (++this.#createdSinceEviction > MAX_UNNAMED) {
      this.#settle();
      this.evict();
    }
    return this.#create(id);
  }

  /** The record of an id, if it is remembered and was not evicted. */
  getRemembered(id: number): CachedRecord | undefined {
    return this.#records.get(id);
  }

  /** A record that is not remembered, and of which nobody is told, before `add` adds it. */
  createApart(id: number): CachedRecord {
    return new CachedRecord(this.#kind, id, this.#typeName);
  }

  /**
   * As `getOrCreate`, without evicting others: until the whole list is applied, it is not known which are unlisted. A
   * record that has to be created is `apart`, if that is given.
   */
  add(id: number, apart?: CachedRecord): CachedRecord {
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

  /** Notes whether a list or another record names a record. */
  setNamed(cached: CachedRecord, isNamed: boolean): void {
    toggle(this.#unnamed, cached, !isNamed);
  }

  /** Notes a write that ended at `at` and may have changed these records, and all whose relations are unknown. */
  invalidate(at: number, records: "all" | ReadonlySet<CachedRecord>, scope: WriteScope): void {
    markInvalidated(this.evictedWrites, at, scope);
    this.#settle();
    const { unknown } = this.#relationIndex;
    if (records === "all") for (const cached of this.#records.values()) cached.markInvalidated(at, scope);
    else {
      for (const cached of records) cached.markInvalidated(at, scope);
      for (const cached of unknown) if (!records.has(cached)) cached.markInvalidated(at, scope);
    }
    // The relation index has no evicted records, so each may be affected.
    for (const [id, ref] of this.#evicted) {
      const cached = ref.deref();
      if (cached) cached.markInvalidated(at, scope);
      else this.#evicted.delete(id);
    }
  }

  /** Evicts surplus unnamed records, those first that have been unnamed for longest. */
  evict(): void {
    this.#createdSinceEviction = 0;
    for (const [id, ref] of this.#evicted) if (!ref.deref()) this.#evicted.delete(id);
    let surplus = this.#unnamed.size - MAX_UNNAMED;
    for (const cached of this.#unnamed) {
      if (surplus <= 0) return;
      // A record that has changed may be named by now.
      if (cached.isUnsettled) continue;
      this.#evict(cached);
      surplus--;
    }
  }

  /** Evicts the record of an id, if nothing names it. */
  forget(id: number): void {
    this.#settle();
    const cached = this.#records.get(id);
    if (cached && this.#unnamed.has(cached)) this.#evict(cached);
  }

  #evict(cached: CachedRecord): void {
    cached.recordForgotten();
    this.#observer.noteEviction(cached);
    this.#unnamed.delete(cached);
    this.#records.delete(cached.id);
    this.#evicted.set(cached.id, new WeakRef(cached));
    this.#freeSlots.push(cached.slot);
    cached.slot = -1;
    this.#relationIndex.remove(cached);
    this.#observer.noteChange(cached, cached.rememberedAs);
    keepLatest(this.evictedWrites, cached);
  }

  #create(id: number, apart?: CachedRecord): CachedRecord {
    const evicted = this.#evicted.get(id)?.deref();
    this.#evicted.delete(id);
    const cached = evicted ?? apart ?? this.createApart(id);
    if (!evicted) cached.keepLatestWrites(this.evictedWrites);
    cached.observer = this.#observer;
    cached.slot = this.#freeSlots.pop() ?? this.#slotCount++;
    this.#records.set(id, cached);
    this.highestId = Math.max(this.highestId, id);
    this.#observer.noteChange(cached, cached.rememberedAs);
    // The index lost its relations at eviction. They come back as unknown: a write may have moved the record since.
    if (evicted) this.#relationIndex.indexRecord(evicted, NEVER);
    return cached;
  }
}
