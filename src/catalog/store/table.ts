import { type Decoded, stripBlanks } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { EmbeddedRecord } from "../record/kind.ts";
import { DETAIL, isShown, NEVER } from "../record/source.ts";
import { createOldestFirst } from "./oldest-first.ts";
import { RecordIndex } from "./relation-index.ts";
import { TableList } from "./table-list.ts";

/** The listed records of one kind, or those that only other records mention, by state. */
export class RecordStates {
  /** Records without a servable detail: never read, superseded, invalidated or unreadable. */
  readonly unread = new Set<CachedRecord>();
  /** Records that Alma reported missing. */
  readonly gone = new Set<CachedRecord>();
  /** Records with a field that could not be decoded. */
  readonly faulty = new Set<CachedRecord>();
  /** All other records, by the time their details were read: not closed, and closed. */
  readonly live = createOldestFirst();
  readonly closed = createOldestFirst();

  get size(): number {
    return this.unread.size + this.gone.size + this.live.size + this.closed.size;
  }

  /** Moves a record to its current state. */
  update(cached: CachedRecord): void {
    const isGone = cached.isGone(NEVER);
    const readAt = cached.asOf(DETAIL);
    const isRead = !isGone && readAt !== NEVER;
    toggle(this.gone, cached, isGone);
    toggle(this.unread, cached, !isGone && !isRead);
    toggle(this.faulty, cached, cached.fieldErrors !== undefined);
    const [own, other] = cached.isClosed ? [this.closed, this.live] : [this.live, this.closed];
    other.delete(cached);
    if (isRead) own.set(cached, readAt);
    else own.delete(cached);
  }

  delete(cached: CachedRecord): void {
    this.unread.delete(cached);
    this.gone.delete(cached);
    this.faulty.delete(cached);
    this.live.delete(cached);
    this.closed.delete(cached);
  }

  get all(): readonly CachedRecord[] {
    return [...this.gone, ...this.notReadSince(Infinity, Infinity)];
  }

  /**
   * Returns the records that are not gone and have no servable detail from after `cutoff`, or `closedCutoff` for closed
   * records.
   */
  notReadSince(cutoff: number, closedCutoff: number): readonly CachedRecord[] {
    return [...this.unread, ...this.live.upTo(cutoff), ...this.closed.upTo(closedCutoff)];
  }

  /**
   * Returns when the oldest detail of a record that is not closed, or answer that it is missing, was read; Infinity if
   * there is none.
   */
  oldestLiveAnswerAt(): number {
    let oldest = this.live.firstAt;
    for (const { goneAt } of this.gone) if (goneAt < oldest) oldest = goneAt;
    return oldest;
  }
}

/** Adds a member to a set, or removes it. */
function toggle<T>(set: Set<T>, member: T, isMember: boolean) {
  if (isMember) set.add(member);
  else set.delete(member);
}

/** The cached records of one kind by the trimmed Bitrix id in one of their fields. */
class IdIndex {
  readonly #field: string;
  /** Undefined until first used. */
  #records: RecordIndex<string> | undefined;

  constructor(field: string) {
    this.#field = field;
  }

  /**
   * Returns the records with this id, highest Alma id first (see `RecordIndex.recordsOf`). `all`: all cached records,
   * for the first use.
   */
  find(externalId: string, all: Iterable<CachedRecord>): readonly CachedRecord[] {
    if (!this.#records) {
      this.#records = new RecordIndex();
      for (const cached of all) this.update(cached);
    }
    return this.#records.recordsOf(stripBlanks(externalId));
  }

  /** Updates the id of a remembered record. */
  update(cached: CachedRecord): void {
    if (!this.#records) return;
    const value = cached.value[this.#field];
    const id = typeof value === "string" ? stripBlanks(value) : "";
    this.#records.set(cached, id === "" ? undefined : id);
  }

  /** Removes a record that is about to lose its slot. */
  delete(cached: CachedRecord): void {
    this.#records?.set(cached, undefined);
  }
}

/** One kind in the catalog: its list, its records and their relations. */
export class Table extends TableList {
  /** The fields for which any detail has ever shown a value; Alma shows only null or "" for others. */
  readonly shownFields = new Set<string>();
  readonly #states = { listed: new RecordStates(), referred: new RecordStates() };
  /** All cached records by Bitrix id: their own, and the one that a unit represents (Alma: Apartments). */
  readonly #byId = {
    externalId: new IdIndex("externalId"),
    additionalExternalId: new IdIndex("additionalExternalId"),
  };

  protected override noteEviction(cached: CachedRecord): void {
    for (const index of Object.values(this.#byId)) index.delete(cached);
  }

  /** Moves a changed record to its sets and indexes. `previous`: its membership before. */
  settle(cached: CachedRecord, previous: CachedRecord["membership"]): void {
    const { membership } = cached;
    // A record that others start to refer to may become a member once it is read.
    if (membership && !previous && !cached.hasBeenSeen) this.contentVersion++;
    if (previous && previous !== membership) this.#states[previous].delete(cached);
    if (membership) this.#states[membership].update(cached);
    for (const index of Object.values(this.#byId)) index.update(cached);
    toggle(this.unnamed, cached, membership === undefined && !cached.isUndecided);
    toggle(this.relationIndex.unknown, cached, cached.hasUnknownRelations);
  }

  /** The records in the newest list, by state. */
  get listedStates(): RecordStates {
    this.changes.settle();
    return this.#states.listed;
  }

  /** The unlisted records that listed ones refer to, directly or through other unlisted ones, by state. */
  get referredStates(): RecordStates {
    this.changes.settle();
    return this.#states.referred;
  }

  /** Returns the remembered records with a Bitrix id in a field, highest id first. See `RecordIndex.recordsOf`. */
  withId(field: "externalId" | "additionalExternalId", externalId: string): readonly CachedRecord[] {
    this.changes.settle();
    return this.#byId[field].find(externalId, this.records);
  }

  /** Returns the listed records that refer to any of the parents by `relation`, highest id first. */
  referringTo(relation: string, parents: readonly number[]): readonly CachedRecord[] {
    const found = this.relationIndex.referrers(relation, parents).filter((cached) => cached.isListed);
    return parents.length > 1 ? found.sort((a, b) => b.id - a.id) : found;
  }

  /** Returns the known record with a Bitrix id: a listed one first, then the highest id. */
  findKnown(externalId: string): CachedRecord | undefined {
    const present = this.withId("externalId", externalId).filter((cached) => !cached.isGone(NEVER));
    return present.find(({ isListed }) => isListed) ?? present[0];
  }

  /** Returns the listed record with a Bitrix id; among several, the highest id. */
  findListed(externalId: string): CachedRecord | undefined {
    return this.withId("externalId", externalId).find(({ isListed }) => isListed);
  }

  /** Applies a detail read from `at` to `end`. Returns the parts of other records in it; none if outdated. */
  applyDetail(
    { record, fieldErrors }: Decoded<{ readonly id: number }>,
    at: number,
    end = at,
  ): readonly EmbeddedRecord[] {
    const { id, ...values } = record;
    const cached = this.getOrCreate(id);
    if (at <= cached.detailAt) return [];
    cached.applyDetail(values, fieldErrors, at, end);
    for (const field in values) if (isShown(values[field as never])) this.shownFields.add(field);
    if (at > cached.relationsKnownAt) this.relationIndex.indexRecord(cached, at);
    return this.definition.embedded(values);
  }

  /** Returns the oldest reading behind the relation index: of the list, or of a listed record's detail. */
  indexAsOf(): number {
    return Math.min(this.liveAsOf(), this.listedStates.closed.firstAt);
  }

  /** Like `indexAsOf`, without closed records. */
  liveAsOf(): number {
    return Math.min(this.listAt, this.listedStates.live.firstAt);
  }

  /** Whether every record mentioned by the list, or by a write since then, is cached. */
  get isCovered(): boolean {
    return this.listAt > this.relationIndex.unknownAt;
  }
}
