import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kinds } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import type { ReverseIndex } from "./reverse-index.ts";
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
 */
export class StateKeeper {
  readonly #tables: Readonly<Record<Kind, Table>>;
  readonly #kindOfUnlistedObject: (id: number) => Kind;
  readonly #links: readonly Link[];
  /** The relations that lead from each kind, and those that lead to it. */
  readonly #linksFrom = new Map<Kind, readonly Link[]>();
  readonly #linksTo = new Map<Kind, readonly Link[]>();
  readonly #knownLists = new Set<Kind>();
  readonly #changed = new Queue<CachedRecord>();
  /** Parents that have won or lost a child, or that are listed or unlisted since a list is known. */
  readonly #moved = new Queue<readonly [Link, number]>();
  /** Unlisted parents that are not remembered, and may have to be. */
  readonly #missing = new Queue<readonly [Link, number]>();
  #isSettling = false;
  /** Told of each changed record, once its state is settled. */
  onSettled: (cached: CachedRecord) => void = () => {};

  /** `kindOfUnlistedObject`: as what an unlisted id is read that may be of several kinds. */
  constructor(tables: Readonly<Record<Kind, Table>>, kindOfUnlistedObject: (id: number) => Kind) {
    this.#tables = tables;
    this.#kindOfUnlistedObject = kindOfUnlistedObject;
    for (const kind of kinds) {
      const { definition, relationIndex } = tables[kind];
      const links = Object.entries(definition.relations).map(([name, { to }]) => ({
        to,
        index: relationIndex.of(name),
      }));
      this.#linksFrom.set(kind, links);
    }
    this.#links = [...this.#linksFrom.values()].flat();
    for (const kind of kinds)
      this.#linksTo.set(
        kind,
        this.#links.filter(({ to }) => to.includes(kind)),
      );
  }

  noteChange(cached: CachedRecord): void {
    if (cached.isUnsettled) return;
    cached.isUnsettled = true;
    this.#changed.push(cached);
  }

  /** Settles all changes. */
  settle(): void {
    if (this.#isSettling) return;
    this.#noteKnownLists();
    while (this.#settleNext());
  }

  /** Settles one change with each step. Between two of them, others may make changes, or settle all. */
  *steps(): Generator<void, void> {
    this.#noteKnownLists();
    while (this.#settleNext()) yield;
  }

  /** When a list is known first, the records that others refer to become listed or unlisted. */
  #noteKnownLists(): void {
    for (const kind of kinds) {
      if (this.#knownLists.has(kind) || this.#tables[kind].listAt === NEVER) continue;
      this.#knownLists.add(kind);
      for (const link of this.#linksTo.get(kind) ?? [])
        for (const id of link.index.parents()) this.#moved.push([link, id]);
    }
  }

  /** Settles a parent, or else a record that has changed, or remembers one; returns false if there is none. */
  #settleNext(): boolean {
    this.#isSettling = true;
    const [link, id] = this.#nextMoved() ?? [];
    const cached = link ? undefined : this.#changed.shift();
    const missing = link || cached ? undefined : this.#missing.shift();
    if (link && id !== undefined) this.#settleParent(link, id);
    else if (cached) {
      cached.isUnsettled = false;
      for (const link of this.#linksTo.get(cached.kind) ?? [])
        if (link.index.children(cached.id).length > 0) this.#settleParent(link, cached.id);
      this.#settleRecord(cached);
    } else if (missing) this.#remember(...missing);
    this.#isSettling = false;
    return link !== undefined || cached !== undefined || missing !== undefined;
  }

  #nextMoved(): readonly [Link, number] | undefined {
    const next = this.#moved.shift();
    if (next) return next;
    for (const link of this.#links) for (const id of link.index.takeMoved()) this.#moved.push([link, id]);
    return this.#moved.shift();
  }

  /** Settles a record that others refer to: whether it is read, and whether it is listed. */
  #settleParent(link: Link, id: number): void {
    const { to, index } = link;
    const records = to.map((kind) => this.#tables[kind].getRemembered(id));
    const isRead = records.some((cached) => cached && !cached.hasUnknownRelations);
    if (isRead || index.children(id).length === 0) index.unreadParents.delete(id);
    else index.unreadParents.add(id);
    const isListed = records.some((cached) => cached?.isListed);
    if (!isListed && this.#isReferredBy(link, id) && !this.#targetOf(link, id))
      this.#missing.push([link, id]);
    for (const cached of records)
      if (cached && !cached.isListed && (!isListed || cached.membership)) this.#settleRecord(cached);
  }

  /**
   * Remembers an unlisted record if others refer to it. That comes last: while changes are settled, records that are
   * listed no longer may still count as such, and then what is remembered would depend on when changes are settled.
   */
  #remember(link: Link, id: number): void {
    const isListed = link.to.some((kind) => this.#tables[kind].getRemembered(id)?.isListed);
    if (!isListed && this.#isReferredBy(link, id)) this.#tables[this.#targetKind(link, id)].getOrCreate(id);
  }

  /** Whether a listed record refers to this id, directly or through others, and no list could name it. */
  #isReferredBy({ to, index }: Link, id: number): boolean {
    return (
      to.every((kind) => this.#knownLists.has(kind)) &&
      index.children(id).some(({ membership }) => membership !== undefined)
    );
  }

  #targetKind({ to }: Link, id: number): Kind {
    return to.length > 1 ? this.#kindOfUnlistedObject(id) : (to[0] as Kind);
  }

  #targetOf(link: Link, id: number): CachedRecord | undefined {
    return this.#tables[this.#targetKind(link, id)].getRemembered(id);
  }

  #isReferred(cached: CachedRecord): boolean {
    const links = this.#linksTo.get(cached.kind) ?? [];
    return links.some(
      (link) => this.#isReferredBy(link, cached.id) && this.#targetOf(link, cached.id) === cached,
    );
  }

  #settleRecord(cached: CachedRecord): void {
    const { membership } = cached;
    if (cached.slot === -1) return;
    if (cached.isListed) cached.membership = "listed";
    else cached.membership = this.#isReferred(cached) ? "referred" : undefined;
    this.#tables[cached.kind].settle(cached, membership);
    this.onSettled(cached);
    if ((membership === undefined) === (cached.membership === undefined)) return;
    // What it refers to may be found by it now, or no longer.
    for (const link of this.#linksFrom.get(cached.kind) ?? []) {
      const parent = link.index.parent(cached);
      if (parent !== undefined) this.#settleParent(link, parent);
    }
  }
}
