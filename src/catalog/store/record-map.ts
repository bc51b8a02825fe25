import { CachedRecord } from "../record/cached-record.ts";
import { type Kind, type KindDefinition, kindDefinitions } from "../record/kind.ts";
import { keepLatest, markInvalidated, type WriteTimes } from "../record/record-state.ts";
import type { RecordChange, Recorder, RecordObserver } from "../record/recorder.ts";
import { NEVER } from "../record/source.ts";
import { ColumnStore } from "./column-store.ts";
import { createRelationIndex, type RelationIndex } from "./relation-index.ts";

/**
 * The maximum number of cached records that nothing mentions (requested or archived), and by how many it may be
 * exceeded temporarily.
 */
const MAX_UNNAMED = 10_000;

/** Collects changed records and settles their consequences (see `createStateKeeper`). */
export interface ChangeCollector extends RecordObserver<CachedRecord> {
  readonly settle: () => void;
  /** Called when the list of a kind suddenly loses alarmingly many records: `of` before, `left` remaining. */
  readonly noteLoss?: ((kind: Kind, left: number, of: number) => void) | undefined;
}

/** The cached records of one kind by id: all that a list or record mentions, and the latest others. */
export abstract class RecordMap implements RecordObserver<CachedRecord> {
  readonly kind: Kind;
  readonly definition: KindDefinition;
  readonly recorder: Recorder | undefined;
  readonly relationIndex: RelationIndex;
  /** Columns of the records' values, for filters and sorting. */
  readonly columns = new ColumnStore<CachedRecord>(() => this.records);
  /** Increased by every change in the table and every reading of a record. */
  version = 0;
  /**
   * Increased by every change that answers may show: content, the listed records, the malformed entries, and writes
   * that may have changed these. Readings without a change do not increase it.
   */
  contentVersion = 0;
  protected readonly changes: ChangeCollector;
  readonly #records = new Map<number, CachedRecord>();
  /**
   * Evicted records that may still be in use. They are reused on request, since two objects with one id would diverge.
   */
  readonly #evicted = new Map<number, WeakRef<CachedRecord>>();
  /**
   * The last writes to any evicted record. A record created later may be one of them, so it starts with these times.
   */
  readonly evictedWrites: WriteTimes = {
    invalidatedAt: NEVER,
    detailInvalidatedAt: NEVER,
    relationsInvalidatedAt: NEVER,
  };
  /** Records that nothing mentions, as of the last settling. */
  protected readonly unnamed = new Set<CachedRecord>();
  #createdSinceEviction = 0;
  /** Unused slots below `#slotCount`. */
  readonly #freeSlots: number[] = [];
  #slotCount = 0;
  /** The highest id of a record shown by Alma; 0 if none. */
  protected highestShown = 0;

  constructor(kind: Kind, changes: ChangeCollector) {
    this.kind = kind;
    this.changes = changes;
    this.recorder = changes.recorder;
    this.definition = kindDefinitions[kind];
    this.relationIndex = createRelationIndex(this.definition.relations);
  }

  noteChange(cached: CachedRecord, change: RecordChange): void {
    this.changes.noteChange(cached, change);
    if (cached.id > this.highestShown && cached.hasBeenSeen) this.highestShown = cached.id;
    if (change !== "mention") this.version++;
    if (change === "mention" || change === "reading") return;
    cached.version++;
    if (change === "content") this.contentVersion++;
    this.columns.noteChange(cached);
  }

  /** Called before a record is evicted, while it still has its slot. */
  protected abstract noteEviction(cached: CachedRecord): void;

  /** Returns the record of an id, including an evicted one still in use; undefined if there is none. */
  get(id: number): CachedRecord | undefined {
    return this.#records.get(id) ?? (this.#evicted.get(id)?.deref() && this.getOrCreate(id));
  }

  /** Returns the record of an id; creates one in the state unknown if missing. */
  getOrCreate(id: number): CachedRecord {
    const known = this.#records.get(id);
    if (known) return known;
    if (++this.#createdSinceEviction > MAX_UNNAMED) {
      this.changes.settle();
      this.evict();
    }
    return this.#create(id);
  }

  /** Returns the record of an id, unless it is missing or was evicted. */
  getRemembered(id: number): CachedRecord | undefined {
    return this.#records.get(id);
  }

  /**
   * Like `getOrCreate`, without evicting: until the whole list is applied, it is unknown which records are unlisted.
   */
  add(id: number): CachedRecord {
    return this.#records.get(id) ?? this.#create(id);
  }

  /** All cached records, listed or not. */
  get records(): Iterable<CachedRecord> {
    return this.#records.values();
  }

  get size(): number {
    return this.#records.size;
  }

  /** The length of an array with an element per slot. */
  get slotCount(): number {
    return this.#slotCount;
  }

  /**
   * Records that a write that may have changed these records ended at `at`: all fields, or only those not shown by the
   * list (`changesList` false), and also relations (`changesRelations`). Includes records of unknown relations, which
   * may be affected.
   */
  invalidate(
    at: number,
    records: "all" | ReadonlySet<CachedRecord>,
    changesList: boolean,
    changesRelations = false,
  ): void {
    this.version++;
    const scope = { changesList, changesRelations };
    markInvalidated(this.evictedWrites, at, scope);
    this.changes.settle();
    const { unknown } = this.relationIndex;
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

  /** Evicts surplus unmentioned records, longest unmentioned first. */
  evict(): void {
    this.#createdSinceEviction = 0;
    for (const [id, ref] of this.#evicted) if (!ref.deref()) this.#evicted.delete(id);
    let surplus = this.unnamed.size - MAX_UNNAMED;
    for (const cached of this.unnamed) {
      if (surplus <= 0) return;
      // A changed record may be mentioned by now.
      if (cached.hasNewChange) continue;
      this.#evict(cached);
      surplus--;
    }
  }

  /** Evicts the record of an id, if nothing mentions it. */
  forget(id: number): void {
    this.changes.settle();
    const cached = this.#records.get(id);
    if (cached && this.unnamed.has(cached)) this.#evict(cached);
  }

  #evict(cached: CachedRecord): void {
    this.recorder?.noteForgotten(cached);
    this.noteEviction(cached);
    this.unnamed.delete(cached);
    this.#records.delete(cached.id);
    this.#evicted.set(cached.id, new WeakRef(cached));
    this.relationIndex.remove(cached);
    this.#freeSlots.push(cached.slot);
    cached.slot = -1;
    this.noteChange(cached, cached.presenceChange);
    keepLatest(this.evictedWrites, cached);
  }

  #create(id: number): CachedRecord {
    const evicted = this.#evicted.get(id)?.deref();
    this.#evicted.delete(id);
    const cached = evicted ?? new CachedRecord(this.kind, id, this.definition.typeName);
    if (!evicted) keepLatest(cached, this.evictedWrites);
    cached.observer = this;
    cached.slot = this.#freeSlots.pop() ?? this.#slotCount++;
    this.#records.set(id, cached);
    this.noteChange(cached, cached.presenceChange);
    // The index dropped its relations at eviction. They are unknown now, since a write may have moved the record.
    if (evicted) this.relationIndex.indexRecord(evicted, NEVER);
    return cached;
  }
}
