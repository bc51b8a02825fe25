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

/** A first-in, first-out queue. */
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
 * Keeps the state of each record, and which unlisted records others refer to, directly or through other unlisted ones:
 * Alma may omit archived records from its lists but still list ended contracts on them. Ignores kinds without a known
 * list. Changes are collected and *settled* before anything reads the states, so that each record is handled once per
 * reading or write. `kindOfUnlistedObject`: the kind to use for an ambiguous unlisted id. `isClosed`: whether a record
 * is closed.
 */
export function createStateKeeper(
  tables: Readonly<Record<Kind, Table>>,
  kindOfUnlistedObject: (id: number) => Kind,
  isClosed: (cached: CachedRecord) => boolean,
) {
  /** The relations from each kind, and those to it. */
  const linksFrom = byKind((kind) => linksOf(tables[kind]));
  const links = Object.values(linksFrom).flat();
  const linksTo = byKind((kind) => links.filter(({ to }) => to.includes(kind)));
  const knownLists = new Set<Kind>();
  const changed = new Queue<CachedRecord>();
  /** Parents that gained or lost a child, or became listed or unlisted. */
  const moved = new Queue<readonly [Link, number]>();
  /** Unlisted parents that are not cached, and may have to be. */
  const missing = new Queue<readonly [Link, number]>();
  let isSettling = false;
  /** Called with each changed record once it is settled. */
  let listener: ((cached: CachedRecord) => void) | undefined;

  /** When a list is first known, the records that others refer to become listed or unlisted. */
  function noteKnownLists() {
    for (const kind of kinds) {
      if (knownLists.has(kind) || tables[kind].listAt === NEVER) continue;
      knownLists.add(kind);
      for (const link of linksTo[kind]) for (const id of link.index.keys()) moved.push([link, id]);
    }
  }

  /** Settles one parent or changed record, or adds one. Returns false if there is none. */
  function settleNext() {
    isSettling = true;
    const [link, id] = nextMoved() ?? [];
    const cached = link ? undefined : changed.shift();
    const next = link || cached ? undefined : missing.shift();
    if (link && id !== undefined) settleParent(link, id);
    else if (cached) {
      cached.hasNewChange = false;
      for (const link of linksTo[cached.kind])
        if (link.index.recordsOf(cached.id).length > 0) settleParent(link, cached.id);
      settleRecord(cached);
    } else if (next) remember(...next);
    isSettling = false;
    return link !== undefined || cached !== undefined || next !== undefined;
  }

  function nextMoved() {
    const next = moved.shift();
    if (next) return next;
    for (const link of links) for (const id of link.index.takeMoved()) moved.push([link, id]);
    return moved.shift();
  }

  /** Settles whether a record that others refer to is listed. */
  function settleParent(link: Link, id: number) {
    const { to } = link;
    const records = to.map((kind) => tables[kind].getRemembered(id));
    const isListed = records.some((cached) => cached?.isListed);
    if (!isListed && isReferredBy(link, id) && !targetOf(link, id)) missing.push([link, id]);
    for (const cached of records)
      if (cached && !cached.isListed && (!isListed || cached.membership)) settleRecord(cached);
  }

  /**
   * Adds an unlisted record if others refer to it. This comes last: during settling, records no longer listed may still
   * count as listed, and the result would depend on the order of settling.
   */
  function remember(link: Link, id: number) {
    const isListed = link.to.some((kind) => tables[kind].getRemembered(id)?.isListed);
    if (!isListed && isReferredBy(link, id)) tables[targetKind(link, id)].getOrCreate(id);
  }

  /** Returns whether a listed record refers to this id, directly or through others, and no list contains it. */
  function isReferredBy({ to, index }: Link, id: number) {
    return (
      to.every((kind) => knownLists.has(kind)) &&
      index.recordsOf(id).some(({ membership }) => membership !== undefined)
    );
  }

  function targetKind({ to }: Link, id: number) {
    return to.length > 1 ? kindOfUnlistedObject(id) : (to[0] as Kind);
  }

  function targetOf(link: Link, id: number) {
    return tables[targetKind(link, id)].getRemembered(id);
  }

  function isReferred(cached: CachedRecord) {
    return linksTo[cached.kind].some(
      (link) => isReferredBy(link, cached.id) && targetOf(link, cached.id) === cached,
    );
  }

  function settleRecord(cached: CachedRecord) {
    const { membership } = cached;
    if (cached.slot === -1) return;
    if (cached.isListed) cached.membership = "listed";
    else cached.membership = isReferred(cached) ? "referred" : undefined;
    cached.isClosed = isClosed(cached);
    tables[cached.kind].settle(cached, membership);
    listener?.(cached);
    for (const { index, to } of linksFrom[cached.kind]) {
      const id = index.keyOf(cached);
      const parent =
        to.length === 1 && id !== undefined ? tables[to[0] as Kind].getRemembered(id) : undefined;
      if (parent && parent.isClosed !== cached.isClosed && isClosed(parent) !== parent.isClosed)
        settleRecord(parent);
    }
    if ((membership === undefined) === (cached.membership === undefined)) return;
    // Records may now be reachable through its references, or no longer.
    for (const link of linksFrom[cached.kind]) {
      const parent = link.index.keyOf(cached);
      if (parent !== undefined) settleParent(link, parent);
    }
  }

  return {
    onSettled(listenFrom: (cached: CachedRecord) => void) {
      listener = listenFrom;
    },

    noteChange(cached: CachedRecord) {
      if (cached.hasNewChange) return;
      cached.hasNewChange = true;
      changed.push(cached);
    },

    /** Settles all changes. */
    settle() {
      if (isSettling) return;
      noteKnownLists();
      while (settleNext());
    },

    /** Settles one change per step. Between steps, other changes, or a complete settling, are allowed. */
    *steps(): Generator<void, void> {
      noteKnownLists();
      while (settleNext()) yield;
    },
  };
}

const linksOf = ({ definition, relationIndex }: Table): readonly Link[] =>
  Object.entries(definition.relations).map(([name, { to }]) => ({ to, index: relationIndex.of(name) }));
