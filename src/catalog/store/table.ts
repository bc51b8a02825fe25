import { type Decoded, stripBlanks } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { EmbeddedRecord } from "../record/kind.ts";
import { DETAIL, isShown, NEVER } from "../record/source.ts";
import { createOldestFirst } from "./oldest-first.ts";
import { TableList } from "./table-list.ts";

/** The records of one kind that a list names, or those that only other records name, by what may be served of them. */
export class RecordStates {
  /** Records of which no detail may be served: never read, superseded, invalidated, or not readable. */
  readonly unread = new Set<CachedRecord>();
  /** Records that Alma has answered that it does not have. */
  readonly gone = new Set<CachedRecord>();
  /** Records with a field that could not be decoded. */
  readonly faulty = new Set<CachedRecord>();
  /** All others, by when their details were read: those that are not closed, and those that are. */
  readonly live = createOldestFirst();
  readonly closed = createOldestFirst();

  get size(): number {
    return this.unread.size + this.gone.size + this.live.size + this.closed.size;
  }

  /** Puts a record where it belongs now. */
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

  /** All of them, in no order. */
  get all(): readonly CachedRecord[] {
    const now = Number.POSITIVE_INFINITY;
    return [...this.unread, ...this.gone, ...this.live.upTo(now), ...this.closed.upTo(now)];
  }

  /** The records that are not gone, and of which no detail from after `cutoff` may be served; another one if closed. */
  notReadSince(cutoff: number, closedCutoff = cutoff): readonly CachedRecord[] {
    return [...this.unread, ...this.live.upTo(cutoff), ...this.closed.upTo(closedCutoff)];
  }

  /** When the oldest detail of a record that is not closed, or answer that there is none, was read; or Infinity. */
  oldestLiveAnswerAt(): number {
    let oldest = this.live.firstAt;
    for (const { goneAt } of this.gone) if (goneAt < oldest) oldest = goneAt;
    return oldest;
  }
}

/** Adds a member to a set, or takes it out. */
function toggle<T>(set: Set<T>, member: T, isMember: boolean): void {
  if (isMember) set.add(member);
  else set.delete(member);
}

/** The remembered records of one kind by the Bitrix id in one of their fields, without the blanks around it. */
class IdIndex {
  readonly #field: string;
  /** By id; a set only where several records share it. */
  readonly #records = new Map<string, CachedRecord | Set<CachedRecord>>();
  /** The id by which each record is in the index, by its slot. */
  readonly #ids: (string | undefined)[] = [];

  constructor(field: string) {
    this.#field = field;
  }

  /** The records with this id, the highest Alma id first. */
  find(externalId: string): CachedRecord[] {
    const found = this.#records.get(stripBlanks(externalId));
    if (!found) return [];
    return found instanceof Set ? [...found].sort((one, other) => other.id - one.id) : [found];
  }

  /** Notes the id that a remembered record has now. */
  update(cached: CachedRecord): void {
    const value = cached.value[this.#field];
    const id = typeof value === "string" ? stripBlanks(value) : "";
    this.#set(cached, id === "" ? undefined : id);
  }

  /** Takes a record out that is about to lose its slot. */
  delete(cached: CachedRecord): void {
    this.#set(cached, undefined);
  }

  #set(cached: CachedRecord, id: string | undefined): void {
    const previous = this.#ids[cached.slot];
    if (previous === id) return;
    if (previous !== undefined) this.#remove(cached, previous);
    this.#ids[cached.slot] = id;
    if (id === undefined) return;
    const others = this.#records.get(id);
    if (others instanceof Set) others.add(cached);
    else this.#records.set(id, others ? new Set([others, cached]) : cached);
  }

  #remove(cached: CachedRecord, id: string): void {
    const found = this.#records.get(id);
    if (found instanceof Set) found.delete(cached);
    if (found === cached || (found instanceof Set && found.size === 0)) this.#records.delete(id);
  }
}

type DecodedRecord = Decoded<{ readonly id: number }>;

/** What is known of one kind: its list, its records, and their relations. */
export class Table extends TableList {
  /** The fields of which the detail of any record has ever shown a value: of some Alma shows null or "" only. */
  readonly shownFields = new Set<string>();
  /** Records that a list or Alma itself has lost, until readings show what that means, as of the last settling. */
  readonly undecided = new Set<CachedRecord>();
  readonly #states = { listed: new RecordStates(), referred: new RecordStates() };
  /** All remembered records by a Bitrix id: their own, and that of what a unit represents (Alma: Apartments). */
  readonly #byId = {
    externalId: new IdIndex("externalId"),
    additionalExternalId: new IdIndex("additionalExternalId"),
  };

  protected override noteEviction(cached: CachedRecord): void {
    for (const index of Object.values(this.#byId)) index.delete(cached);
    this.undecided.delete(cached);
  }

  /** Puts a changed record into the sets and indexes where it belongs. `previous`: its membership until now. */
  settle(cached: CachedRecord, previous: CachedRecord["membership"]): void {
    const { membership } = cached;
    // One that others begin to refer to may be a member from now on, once it is read.
    if (membership && !previous && !cached.hasBeenSeen) this.contentVersion++;
    if (previous && previous !== membership) this.#states[previous].delete(cached);
    if (membership) this.#states[membership].update(cached);
    for (const index of Object.values(this.#byId)) index.update(cached);
    toggle(this.undecided, cached, cached.isUndecided);
    toggle(this.unnamed, cached, membership === undefined && !cached.isUndecided);
    toggle(this.relationIndex.unknown, cached, cached.hasUnknownRelations);
  }

  /** The records that the newest list names, by state. */
  get listedStates(): RecordStates {
    this.changes.settle();
    return this.#states.listed;
  }

  /** The unlisted records that listed records refer to, directly or through other unlisted ones, by state. */
  get referredStates(): RecordStates {
    this.changes.settle();
    return this.#states.referred;
  }

  /** Parents by a relation of which no record with known relations is remembered. */
  unreadParents(relation: string): ReadonlySet<number> {
    this.changes.settle();
    return this.relationIndex.of(relation).unreadParents;
  }

  /** The remembered records with a Bitrix id in a field, the highest id first. */
  withId(field: "externalId" | "additionalExternalId", externalId: string): CachedRecord[] {
    this.changes.settle();
    return this.#byId[field].find(externalId);
  }

  /** Listed records that refer to any of the parents by `relation`, the highest id first. */
  referringTo(relation: string, parents: readonly number[]): readonly CachedRecord[] {
    const found = this.relationIndex.referrers(relation, parents).filter((cached) => cached.isListed);
    return parents.length > 1 ? found.sort((a, b) => b.id - a.id) : found;
  }

  /** The record that is known by a Bitrix id: a listed one before others, then the one with the highest id. */
  findKnown(externalId: string): CachedRecord | undefined {
    const present = this.withId("externalId", externalId).filter((cached) => !cached.isGone(NEVER));
    return present.find(({ isListed }) => isListed) ?? present[0];
  }

  /** The listed record with a Bitrix id; if there are several, the one with the highest id. */
  findListed(externalId: string): CachedRecord | undefined {
    return this.withId("externalId", externalId).find(({ isListed }) => isListed);
  }

  /** Applies a detail that was read from `at` to `end`. Returns the parts of other records in it; none if outdated. */
  applyDetail({ record, fieldErrors }: DecodedRecord, at: number, end = at): readonly EmbeddedRecord[] {
    const { id, ...values } = record;
    const cached = this.getOrCreate(id);
    if (at <= cached.detailAt) return [];
    cached.applyDetail(values, fieldErrors, at, end);
    for (const field in values) if (isShown(values[field as never])) this.shownFields.add(field);
    if (at > cached.relationsKnownAt) this.relationIndex.indexRecord(cached, at);
    return this.definition.embedded(values);
  }

  /** Notes that Alma answered, to a call sent at `at` and answered at `end`, that it has no record of this id. */
  markGone(id: number, at: number, end = at): void {
    this.getOrCreate(id).markGone(at, end);
  }

  /** When the oldest reading behind the relation index was made: of the list, or of a listed record's detail. */
  indexAsOf(): number {
    return Math.min(this.liveAsOf(), this.listedStates.closed.firstAt);
  }

  /** As `indexAsOf`, without the details of closed records. */
  liveAsOf(): number {
    return Math.min(this.listAt, this.listedStates.live.firstAt);
  }

  /** Whether the relations are known of every record that a list or a write named. */
  get relationsKnown(): boolean {
    this.changes.settle();
    return this.relationIndex.isComplete(this.listAt);
  }
}
