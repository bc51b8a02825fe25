import type { CachedRecord } from "../record/cached-record.ts";
import type { KindDefinition } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";

/** The records of one kind by a key of each, such as the id that it refers to; highest id first. */
export class RecordIndex<K> {
  readonly #records = new Map<K, CachedRecord[]>();
  /** The key of each record, by slot. */
  readonly #keys: (K | undefined)[] = [];

  /** Returns the records with a key. Do not store or modify the array. */
  recordsOf(key: K): readonly CachedRecord[] {
    return this.#records.get(key) ?? [];
  }

  /** Returns the key of a record. */
  keyOf({ slot }: CachedRecord): K | undefined {
    return this.#keys[slot];
  }

  /** The keys of all records. */
  keys(): Iterable<K> {
    return this.#records.keys();
  }

  /** Sets the key of a record that has a slot. */
  set(cached: CachedRecord, key: K | undefined): void {
    const previous = this.#keys[cached.slot];
    if (previous === key) return;
    this.#keys[cached.slot] = key;
    if (previous !== undefined) {
      const others = this.recordsOf(previous).filter((other) => other !== cached);
      if (others.length > 0) this.#records.set(previous, others);
      else this.#records.delete(previous);
    }
    if (key === undefined) return;
    const others = this.#records.get(key);
    if (!others) {
      this.#records.set(key, [cached]);
      return;
    }
    let [start, end] = [0, others.length];
    while (start < end) {
      const middle = (start + end) >> 1;
      if ((others[middle] as CachedRecord).id < cached.id) end = middle;
      else start = middle + 1;
    }
    others.splice(start, 0, cached);
  }
}

/** The records that refer to others by one relation, by the id that they refer to. */
export class ReverseIndex extends RecordIndex<number> {
  /** Parents that gained or lost a child since the last `takeMoved`. */
  #moved = new Set<number>();

  /** Takes the parents that gained or lost a child since the last call. */
  takeMoved(): Iterable<number> {
    const moved = this.#moved;
    if (moved.size > 0) this.#moved = new Set();
    return moved;
  }

  /** Sets the record that `cached`, which has a slot, refers to, if any. */
  override set(cached: CachedRecord, parent: number | undefined): void {
    const previous = this.keyOf(cached);
    if (previous === parent) return;
    for (const moved of [previous, parent]) if (moved !== undefined) this.#moved.add(moved);
    super.set(cached, parent);
  }
}

/** The ids that a record refers to, by relation. */
export type ParentIds = Readonly<Record<string, number>>;

/**
 * Creates the index of one kind's relations in both directions. It also knows whether they are known for all records.
 */
export function createRelationIndex(relations: KindDefinition["relations"]) {
  const unknown = new Set<CachedRecord>();
  const indexes = new Map(Object.keys(relations).map((relation) => [relation, new ReverseIndex()]));
  let unknownAt = NEVER;

  /** Returns the id that a record refers to by a relation, if known. */
  const parent = (relation: string, cached: CachedRecord | undefined) =>
    cached && indexes.get(relation)?.keyOf(cached);

  /** Returns the references in a record's value. */
  function parentsIn({ value }: CachedRecord): ParentIds {
    const parents: Record<string, number> = {};
    for (const [relation, { idOf }] of Object.entries(relations)) {
      const id = idOf(value);
      if (id != null) parents[relation] = id;
    }
    return parents;
  }

  /** Sets all references of a record. */
  function setParents(cached: CachedRecord, parents: ParentIds) {
    for (const [relation, index] of indexes) index.set(cached, parents[relation]);
  }

  /** Records that at `at` a record of unknown relations may exist. */
  function addUnknown(at: number) {
    unknownAt = Math.max(unknownAt, at);
  }

  return {
    /** Cached records of unknown relations, which may refer to any record. */
    unknown,
    /** When an uncached record of unknown relations possibly existed last. */
    get unknownAt() {
      return unknownAt;
    },

    /** Returns the index of one relation. Throws if the kind does not have it. */
    of(relation: string): ReverseIndex {
      const index = indexes.get(relation);
      if (!index) throw new Error(`There is no relation "${relation}" here: use a name of the declaration.`);
      return index;
    },

    /** Returns all known records that refer to any of the parents, listed or not. */
    referrers(relation: string, parents: readonly number[]): readonly CachedRecord[] {
      const index = indexes.get(relation);
      return index ? parents.flatMap((id) => index.recordsOf(id)) : [];
    },
    parent,

    /** Returns the id that a record referred to when last read; null if none, undefined if unknown. */
    lastParent(relation: string, cached: CachedRecord): number | null | undefined {
      const field = relations[relation]?.field;
      if (cached.hasUnknownRelations || (field !== undefined && cached.fieldErrors?.[field]))
        return undefined;
      return parent(relation, cached) ?? null;
    },

    /** Indexes a record by the relations in its value, read at `at`. */
    indexRecord(cached: CachedRecord, at: number) {
      cached.markRelationsKnown(at);
      setParents(cached, parentsIn(cached));
    },
    parentsIn,

    /** Returns the references of a record in the index. */
    parentsOf(cached: CachedRecord): ParentIds {
      const parents: Record<string, number> = {};
      for (const [relation, index] of indexes) {
        const id = index.keyOf(cached);
        if (id !== undefined) parents[relation] = id;
      }
      return parents;
    },
    setParents,

    /**
     * Applies the relations in a write that ended at `at`. The relations of a new record are known if the write has all
     * of them. Those of an existing record are unknown until it is read, unless the write repeats the known ones.
     */
    setRelations(cached: CachedRecord, parents: ParentIds, isNew: boolean, at: number) {
      const isKnown = cached.hasUnknownRelations
        ? isNew && Object.keys(relations).every((relation) => parents[relation] !== undefined)
        : Object.entries(parents).every(([relation, id]) => parent(relation, cached) === id);
      if (!isKnown) {
        cached.markRelationsInvalidated(at);
        return;
      }
      cached.markRelationsKnown(at);
      for (const [relation, id] of Object.entries(parents)) indexes.get(relation)?.set(cached, id);
    },
    addUnknown,

    /** Removes a record that is about to lose its slot. */
    remove(cached: CachedRecord) {
      unknown.delete(cached);
      for (const index of indexes.values()) index.set(cached, undefined);
      addUnknown(Math.max(cached.relationsInvalidatedAt, cached.relationsKnownAt));
    },
  };
}

export type RelationIndex = ReturnType<typeof createRelationIndex>;
