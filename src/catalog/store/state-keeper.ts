import type { CachedRecord } from "../record/cached-record.ts";
import { byKind, type Kind, kinds } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import type { ReverseIndex } from "./relation-index.ts";
import type { Table } from "./table.ts";

/** A relation of one kind, with its index. */
interface Link {
  readonly to: readonly Kind[];
  readonly index: ReverseIndex;
}

/** What is taken out in the order in which it was put in. */
class Queue<T> {
  #items: T[] = [];
  #taken = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#taken < this.#items.length) return this.#items[this.#taken++];
    this.#items = [];
    this.#taken = 0;
    return undefined;
  }
}

/**
 * Keeps, at each change, which records are in which state, and which unlisted records others refer to, directly or
 * through other unlisted records: Alma may leave archived records out of its lists, but still list ended contracts on
 * them. Records of kinds without a known list are left out.
 *
 * Changes are gathered, and *settled* before anybody looks: a record is looked at once, when a reading or write is
 * applied as a whole.
 *
 * `kindOfUnlistedObject`: as what an unlisted id is read that may be of several kinds. `isClosed`: whether a record is
 * closed, by what it and those that refer to it show.
 */
export function createStateKeeper(
  tables: Readonly<Record<Kind, Table>>,
  kindOfUnlistedObject: (id: number) => Kind,
  isClosed: (cached: CachedRecord) => boolean,
) {
  /** The relations that lead from each kind, and those that lead to it. */
  const linksFrom = byKind((kind) => linksOf(tables[kind]));
  const links = Object.values(linksFrom).flat();
  const linksTo = byKind((kind) => links.filter(({ to }) => to.includes(kind)));
  const knownLists = new Set<Kind>();
  const changed = new Queue<CachedRecord>();
  /** Parents that have won or lost a child, or that are listed or unlisted since a list is known. */
  const moved = new Queue<readonly [Link, number]>();
  /** Unlisted parents that are not remembered, and may have to be. */
  const missing = new Queue<readonly [Link, number]>();
  let isSettling = false;
  /** Told of each changed record, once its state is settled. */
  let listener: ((cached: CachedRecord) => void) | undefined;

  /** When a list is known first, the records that others refer to become listed or unlisted. */
  function noteKnownLists(): void {
    for (const kind of kinds) {
      if (knownLists.has(kind) || tables[kind].listAt === NEVER) continue;
      knownLists.add(kind);
      for (const link of linksTo[kind]) for (const id of link.index.parents()) moved.push([link, id]);
    }
  }

  /** Settles a parent, or else a record that has changed, or remembers one; returns false if there is none. */
  function settleNext(): boolean {
    isSettling = true;
    const [link, id] = nextMoved() ?? [];
    const cached = link ? undefined : changed.shift();
    const next = link || cached ? undefined : missing.shift();
    if (link && id !== undefined) settleParent(link, id);
    else if (cached) {
      cached.isUnsettled = false;
      for (const link of linksTo[cached.kind])
        if (link.index.children(cached.id).length > 0) settleParent(link, cached.id);
      settleRecord(cached);
    } else if (next) remember(...next);
    isSettling = false;
    return link !== undefined || cached !== undefined || next !== undefined;
  }

  function nextMoved(): readonly [Link, number] | undefined {
    const next = moved.shift();
    if (next) return next;
    for (const link of links) for (const id of link.index.takeMoved()) moved.push([link, id]);
    return moved.shift();
  }

  /** Settles a record that others refer to: whether it is read, and whether it is listed. */
  function settleParent(link: Link, id: number): void {
    const { to, index } = link;
    const records = to.map((kind) => tables[kind].getRemembered(id));
    const isRead = records.some((cached) => cached && !cached.hasUnknownRelations);
    if (isRead || index.children(id).length === 0) index.unreadParents.delete(id);
    else index.unreadParents.add(id);
    const isListed = records.some((cached) => cached?.isListed);
    if (!isListed && isReferredBy(link, id) && !targetOf(link, id)) missing.push([link, id]);
    for (const cached of records)
      if (cached && !cached.isListed && (!isListed || cached.membership)) settleRecord(cached);
  }

  /**
   * Remembers an unlisted record if others refer to it. That comes last: while changes are settled, records that are
   * listed no longer may still count as such, and then what is remembered would depend on when changes are settled.
   */
  function remember(link: Link, id: number): void {
    const isListed = link.to.some((kind) => tables[kind].getRemembered(id)?.isListed);
    if (!isListed && isReferredBy(link, id)) tables[targetKind(link, id)].getOrCreate(id);
  }

  /** Whether a listed record refers to this id, directly or through others, and no list could name it. */
  function isReferredBy({ to, index }: Link, id: number): boolean {
    return (
      to.every((kind) => knownLists.has(kind)) &&
      index.children(id).some(({ membership }) => membership !== undefined)
    );
  }

  function targetKind({ to }: Link, id: number): Kind {
    return to.length > 1 ? kindOfUnlistedObject(id) : (to[0] as Kind);
  }

  function targetOf(link: Link, id: number): CachedRecord | undefined {
    return tables[targetKind(link, id)].getRemembered(id);
  }

  function isReferred(cached: CachedRecord): boolean {
    return linksTo[cached.kind].some(
      (link) => isReferredBy(link, cached.id) && targetOf(link, cached.id) === cached,
    );
  }

  function settleRecord(cached: CachedRecord): void {
    const { membership } = cached;
    if (cached.slot === -1) return;
    if (cached.isListed) cached.membership = "listed";
    else cached.membership = isReferred(cached) ? "referred" : undefined;
    cached.isClosed = isClosed(cached);
    tables[cached.kind].settle(cached, membership);
    listener?.(cached);
    for (const { index, to } of linksFrom[cached.kind]) {
      const id = index.parent(cached);
      const parent =
        to.length === 1 && id !== undefined ? tables[to[0] as Kind].getRemembered(id) : undefined;
      if (parent && parent.isClosed !== cached.isClosed && isClosed(parent) !== parent.isClosed)
        settleRecord(parent);
    }
    if ((membership === undefined) === (cached.membership === undefined)) return;
    // What it refers to may be found by it now, or no longer.
    for (const link of linksFrom[cached.kind]) {
      const parent = link.index.parent(cached);
      if (parent !== undefined) settleParent(link, parent);
    }
  }

  return {
    onSettled(listenFrom: (cached: CachedRecord) => void): void {
      listener = listenFrom;
    },

    noteChange(cached: CachedRecord): void {
      if (cached.isUnsettled) return;
      cached.isUnsettled = true;
      changed.push(cached);
    },

    /** Settles all changes. */
    settle(): void {
      if (isSettling) return;
      noteKnownLists();
      while (settleNext());
    },

    /** Settles one change with each step. Between two of them, others may make changes, or settle all. */
    *steps(): Generator<void, void> {
      noteKnownLists();
      while (settleNext()) yield;
    },
  };
}

const linksOf = ({ definition, relationIndex }: Table): readonly Link[] =>
  Object.entries(definition.relations).map(([name, { to }]) => ({ to, index: relationIndex.of(name) }));
