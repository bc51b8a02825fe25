import type { CachedRecord } from "../record/cached-record.ts";
import type { KindDefinition } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";

/** From a parent's id to the records that refer to it by one relation, the highest id first. */
export class ReverseIndex {
  /**
   * Parents of which no record with known relations is remembered; as of the last settling (see `createStateKeeper`).
   */
  readonly unreadParents = new Set<number>();
  readonly #children = new Map<number, CachedRecord[]>();
  readonly #parents = new Map<CachedRecord, number>();
  /** Parents that have won or lost a child since they were last taken. */
  #moved = new Set<number>();

  /** The records that refer to `parent`. The array belongs to the index: it must not be kept or changed. */
  children(parent: number): readonly CachedRecord[] {
    return this.#children.get(parent) ?? [];
  }

  /** The id of the record that `cached` refers to. */
  parent(cached: CachedRecord): number | undefined {
    return this.#parents.get(cached);
  }

  /** The ids of all records that others refer to. */
  parents(): Iterable<number> {
    return this.#children.keys();
  }

  /** Takes the parents that have won or lost a child since the last call. */
  takeMoved(): Iterable<number> {
    const moved = this.#moved;
    if (moved.size > 0) this.#moved = new Set();
    return moved;
  }

  /** Notes that `cached` now refers to `parent`, or to nothing. */
  setParent(cached: CachedRecord, parent: number | undefined): void {
    const previous = this.#parents.get(cached);
    if (previous === parent) return;
    if (previous !== undefined) {
      this.#moved.add(previous);
      const siblings = (this.#children.get(previous) ?? []).filter((child) => child !== cached);
      if (siblings.length > 0) this.#children.set(previous, siblings);
      else this.#children.delete(previous);
      this.#parents.delete(cached);
    }
    if (parent === undefined) return;
    this.#moved.add(parent);
    this.#parents.set(cached, parent);
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

/** The ids of the records that a record refers to, by relation. */
export type ParentIds = Readonly<Record<string, number>>;

/** The relations of the records of one kind, in both directions, and whether they are known of all these records. */
export function createRelationIndex(relations: KindDefinition["relations"]) {
  const unknown = new Set<CachedRecord>();
  const indexes = new Map(Object.keys(relations).map((relation) => [relation, new ReverseIndex()]));
  let unknownAt = NEVER;

  /** The id of the record that a record refers to by a relation, if it is known. */
  const parent = (relation: string, cached: CachedRecord | undefined): number | undefined =>
    cached && indexes.get(relation)?.parent(cached);

  /** What a record refers to by its value. */
  function parentsIn({ value }: CachedRecord): ParentIds {
    const parents: Record<string, number> = {};
    for (const [relation, { idOf }] of Object.entries(relations)) {
      const id = idOf(value);
      if (id != null) parents[relation] = id;
    }
    return parents;
  }

  /** Notes all that a record refers to. */
  function setParents(cached: CachedRecord, parents: ParentIds): void {
    for (const [relation, index] of indexes) index.setParent(cached, parents[relation]);
  }

  /** Notes that at `at` there may be a record whose relations are unknown. */
  function addUnknown(at: number): void {
    unknownAt = Math.max(unknownAt, at);
  }

  return {
    /** Remembered records whose relations are unknown, so that they may refer to any record. */
    unknown,
    /** When there last may have been a record, other than the remembered ones, whose relations are unknown. */
    get unknownAt() {
      return unknownAt;
    },

    /** The index of one relation. Throws if the kind has no such relation. */
    of(relation: string): ReverseIndex {
      const index = indexes.get(relation);
      if (!index)
        throw new Error(`There is no relation "${relation}" here: ask by a name of the declaration.`);
      return index;
    },

    /** All known records that refer to any of the parents by a relation, listed or not. */
    referrers(relation: string, parents: readonly number[]): readonly CachedRecord[] {
      const index = indexes.get(relation);
      return index ? parents.flatMap((id) => index.children(id)) : [];
    },
    parent,

    /**
     * The id of the record that a record referred to by a relation when it was last read; null if to none, undefined if
     * that is not known.
     */
    lastParent(relation: string, cached: CachedRecord): number | null | undefined {
      const field = relations[relation]?.field;
      if (cached.hasUnknownRelations || (field !== undefined && cached.fieldErrors?.[field]))
        return undefined;
      return parent(relation, cached) ?? null;
    },

    /** Indexes a record by the relations in its value, which was read at `at`. */
    indexRecord(cached: CachedRecord, at: number): void {
      cached.markRelationsKnown(at);
      setParents(cached, parentsIn(cached));
    },
    parentsIn,

    /** What a record refers to by the index. */
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
     * of them. Those of an existing record are unknown until it is read again, unless the write repeats the known ones.
     */
    setRelations(cached: CachedRecord, parents: ParentIds, isNew: boolean, at: number): void {
      const isKnown = cached.hasUnknownRelations
        ? isNew && Object.keys(relations).every((relation) => parents[relation] !== undefined)
        : Object.entries(parents).every(([relation, id]) => parent(relation, cached) === id);
      if (!isKnown) {
        cached.markRelationsInvalidated(at);
        addUnknown(at);
        return;
      }
      cached.markRelationsKnown(at);
      for (const [relation, id] of Object.entries(parents)) indexes.get(relation)?.setParent(cached, id);
    },
    addUnknown,

    /** Removes a record that is evicted. The index is complete again only from the next list on. */
    remove(cached: CachedRecord): void {
      unknown.delete(cached);
      for (const index of indexes.values()) index.setParent(cached, undefined);
      addUnknown(Math.max(cached.relationsInvalidatedAt, cached.relationsKnownAt));
    },

    /** Whether the relations are known of every record that a write, or the list read at `listAt`, has named. */
    isComplete(listAt: number): boolean {
      if (listAt <= unknownAt) return false;
      for (const { isListed } of unknown) if (isListed) return false;
      return true;
    },
  };
}

export type RelationIndex = ReturnType<typeof createRelationIndex>;
