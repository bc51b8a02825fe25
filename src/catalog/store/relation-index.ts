import type { CachedRecord } from "../record/cached-record.ts";
import type { KindDefinition } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";

/** Maps a parent's id to the records that refer to it by one relation, highest id first. */
export class ReverseIndex {
  readonly #children = new Map<number, CachedRecord[]>();
  /** The id that each record refers to, by slot. */
  readonly #parents: (number | undefined)[] = [];
  /** Parents that gained or lost a child since the last `takeMoved`. */
  #moved = new Set<number>();

  /** Returns the records that refer to `parent`. Do not store or modify the array. */
  children(parent: number): readonly CachedRecord[] {
    return this.#children.get(parent) ?? [];
  }

  /** Returns the id that `cached` refers to. */
  parent({ slot }: CachedRecord): number | undefined {
    return this.#parents[slot];
  }

  /** The ids that others refer to. */
  parents(): Iterable<number> {
    return this.#children.keys();
  }

  /** Takes the parents that gained or lost a child since the last call. */
  takeMoved(): Iterable<number> {
    const moved = this.#moved;
    if (moved.size > 0) this.#moved = new Set();
    return moved;
  }

  /** Sets the record that `cached`, which has a slot, refers to, if any. */
  setParent(cached: CachedRecord, parent: number | undefined): void {
    const previous = this.#parents[cached.slot];
    if (previous === parent) return;
    this.#parents[cached.slot] = parent;
    if (previous !== undefined) {
      this.#moved.add(previous);
      const siblings = (this.#children.get(previous) ?? []).filter((child) => child !== cached);
      if (siblings.length > 0) this.#children.set(previous, siblings);
      else this.#children.delete(previous);
    }
    if (parent === undefined) return;
    this.#moved.add(parent);
    const siblings = this.#children.get(parent);
    if (!siblings) {
      this.#children.set(parent, [cached]);
      return;
    }
    let [start, end] = [0, siblings.length];
    while (start < end) {
      const middle = (start + end) >> 1;
      if ((siblings[middle] as CachedRecord).id < cached.id) end = middle;
      else start = middle + 1;
    }
    siblings.splice(start, 0, cached);
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
    cached && indexes.get(relation)?.parent(cached);

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
    for (const [relation, index] of indexes) index.setParent(cached, parents[relation]);
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
      return index ? parents.flatMap((id) => index.children(id)) : [];
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
        const id = index.parent(cached);
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
      for (const [relation, id] of Object.entries(parents)) indexes.get(relation)?.setParent(cached, id);
    },
    addUnknown,

    /** Removes a record that is about to lose its slot. */
    remove(cached: CachedRecord) {
      unknown.delete(cached);
      for (const index of indexes.values()) index.setParent(cached, undefined);
      addUnknown(Math.max(cached.relationsInvalidatedAt, cached.relationsKnownAt));
    },
  };
}

export type RelationIndex = ReturnType<typeof createRelationIndex>;
