import type { AlmaError, Decoded, LightSignal, Listing } from "../../alma/index.ts";
import { SlotColumns } from "../column/slot-columns.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { type EmbeddedRecord, type Kind, type KindDefinition, kindDefinitions } from "../record/kind.ts";
import type { Changes, RecordChange, RecordObserver } from "../record/record-observer.ts";
import { isShown, NEVER } from "../record/source.ts";
import { createLookupCache, type IdLookup } from "./lookup-cache.ts";
import { isSameList, type PreparedList, prepareList } from "./prepared-list.ts";
import { RecordMap } from "./record-map.ts";
import { RecordSets } from "./record-sets.ts";
import { type RecordStates, toggle } from "./record-states.ts";
import { RelationIndex } from "./relation-index.ts";

type DecodedRecord = Decoded<{ readonly id: number }>;

/** What is known of one kind: its list, its records, their relations, and its lookups by Bitrix id. */
export class Table implements RecordObserver<CachedRecord> {
  readonly kind: Kind;
  readonly definition: KindDefinition;
  /** Records that the newest list names, the highest id first. */
  listed: readonly CachedRecord[] = [];
  /** How many entries of the newest list had no usable id. */
  malformedEntries = 0;
  /** When the newest list was read, and the first of those in a row that named the same records as it. */
  listAt = NEVER;
  membersAt = NEVER;
  /** Why the last read of the list failed, and when it was started; undefined once a list is read. */
  listFailure: { readonly at: number; readonly error: AlmaError } | undefined;
  /** When the last write ended that may have changed which records there are, or what their list shows. */
  listInvalidatedAt = NEVER;
  /** Raised by every change in the table, and by every reading of a record. */
  version = 0;
  /**
   * Raised by every change of what answers may show: of a record's content, of the records or the malformed entries of
   * the list, and by every write that may have changed these. Readings that show all as before do not raise it.
   */
  contentVersion = 0;
  /** Alma's answers, by Bitrix id. */
  readonly lookups: ReturnType<typeof createLookupCache<IdLookup>>;
  readonly relationIndex: RelationIndex;
  /** Columns of the records' values, for filters and orders. */
  readonly columns = new SlotColumns<CachedRecord>(() => this.records);
  /** All remembered records, listed or not, by id. */
  readonly recordMap: RecordMap;
  readonly beforeChange: (cached: CachedRecord) => void;
  readonly #changes: Changes<CachedRecord>;
  readonly #sets = new RecordSets();
  /** The fields of which the detail of any record has ever shown a value: of some Alma shows null or "" only. */
  readonly shownFields = new Set<string>();

  constructor(kind: Kind, changes: Changes<CachedRecord>) {
    this.kind = kind;
    this.beforeChange = changes.beforeChange;
    this.#changes = changes;
    this.definition = kindDefinitions[kind];
    this.lookups = createLookupCache((externalId) => changes.noteLookup(`${kind}:${externalId}`));
    this.relationIndex = new RelationIndex(this.definition.relations);
    this.recordMap = new RecordMap(kind, this.definition.typeName, this.relationIndex, this, changes.settle);
  }

  noteChange(cached: CachedRecord, change: RecordChange): void {
    this.#changes.noteChange(cached, change);
    if (change !== "mention") this.version++;
    if (change !== "content") return;
    cached.version = ++this.contentVersion;
    this.columns.noteChange(cached);
  }

  noteEviction(cached: CachedRecord): void {
    this.#sets.delete(cached);
  }

  /** Puts a changed record into the sets and indexes where it belongs. `previous`: its membership until now. */
  settle(cached: CachedRecord, previous: CachedRecord["membership"]): void {
    this.#sets.settle(cached, previous);
    this.recordMap.setNamed(cached, cached.membership !== undefined);
    toggle(this.relationIndex.unknown, cached, cached.hasUnknownRelations);
  }

  /** The records that the newest list names, by state. */
  get listedStates(): RecordStates {
    this.#changes.settle();
    return this.#sets.listed;
  }

  /** The unlisted records that listed records refer to, directly or through other unlisted ones, by state. */
  get referredStates(): RecordStates {
    this.#changes.settle();
    return this.#sets.referred;
  }

  /** Parents by a relation of which no record with known relations is remembered. */
  unreadParents(relation: string): ReadonlySet<number> {
    this.#changes.settle();
    return this.relationIndex.of(relation).unreadParents;
  }

  /** The record of an id, created (in the state unknown) if there is none. */
  getOrCreate(id: number): CachedRecord {
    return this.recordMap.getOrCreate(id);
  }

  /** The record of an id; undefined if there is none, or it was evicted. */
  get(id: number): CachedRecord | undefined {
    return this.recordMap.get(id);
  }

  /** The record of an id; undefined if there is none, even if one that was evicted is still in use. */
  getRemembered(id: number): CachedRecord | undefined {
    return this.recordMap.getRemembered(id);
  }

  /** The remembered records with a Bitrix id in a field, the highest id first. */
  withId(field: keyof RecordSets["byId"], externalId: string): CachedRecord[] {
    this.#changes.settle();
    return this.#sets.byId[field].find(externalId);
  }

  /** Listed records that refer to any of the parents by `relation`, the highest id first. */
  referringTo(relation: string, parents: readonly number[]): readonly CachedRecord[] {
    const found = this.relationIndex.referrers(relation, parents).filter((cached) => cached.isListed);
    return parents.length > 1 ? found.sort((a, b) => b.id - a.id) : found;
  }

  /** Whether the list was read after `cutoff` and after the last write that may have changed it (rule of time). */
  isListKnown(cutoff: number): boolean {
    return this.listAt > this.listInvalidatedAt && this.listAt > cutoff;
  }

  /** Alma's answer for a Bitrix id, if it is from after `cutoff` and after `listInvalidatedAt` (rule of time). */
  getLookup(externalId: string, cutoff: number): IdLookup | undefined {
    const known = this.lookups.get(externalId);
    return known && known.at > cutoff && known.at > this.listInvalidatedAt ? known : undefined;
  }

  /** Alma's last answer for a Bitrix id, of any age; if it was never asked, the listed record with that id. */
  getLookupOfAnyAge(externalId: string): IdLookup | undefined {
    const listed = this.findListed(externalId);
    return (
      this.lookups.get(externalId) ?? (listed && { at: listed.fieldReadAt("externalId"), id: listed.id })
    );
  }

  /** The listed record with a Bitrix id; if there are several, the one with the highest id. */
  findListed(externalId: string): CachedRecord | undefined {
    return this.withId("externalId", externalId).find(({ isListed }) => isListed);
  }

  /** Compares a list that was read at `at` with what is known, in slices. Throws the reason of `signal`. */
  prepareList(
    listing: Listing<{ readonly id: number }>,
    at: number,
    signal?: LightSignal,
  ): Promise<PreparedList> {
    return prepareList(this.recordMap, listing, at, signal);
  }

  /** Applies a list at once: none sees it unfinished. A list older than the known one changes nothing. */
  applyList({ at, malformed, entries }: PreparedList): void {
    if (at <= this.listAt) return;
    this.version++;
    this.listAt = at;
    this.listFailure = undefined;
    const { listed: previous, malformedEntries } = this;
    this.malformedEntries = malformed;
    this.listed = entries.map((entry) => entry.apply(this.recordMap, at));
    this.#withdraw(previous, at);
    const isSame = isSameList(previous, this.listed);
    if (!isSame) this.membersAt = at;
    if (malformedEntries !== malformed || !isSame) this.contentVersion++;
    this.recordMap.evict();
  }

  /** Notes which records of the previous list the list of `at` no longer names. */
  #withdraw(previous: readonly CachedRecord[], at: number): void {
    let next = 0;
    for (const cached of previous) {
      while ((this.listed[next]?.id ?? 0) > cached.id) next++;
      if (this.listed[next] === cached) continue;
      cached.isListed = false;
      cached.markUnlisted(at);
    }
  }

  /** Applies a detail that was read at `at`. Returns the parts of other records inside it; none if it is outdated. */
  applyDetail({ record, fieldErrors }: DecodedRecord, at: number): readonly EmbeddedRecord[] {
    const { id, ...values } = record;
    const cached = this.getOrCreate(id);
    if (at <= cached.detailAt) return [];
    cached.applyDetail(values, fieldErrors, at);
    for (const field in values) if (isShown(values[field as never])) this.shownFields.add(field);
    if (at > cached.relationsKnownAt) this.relationIndex.indexRecord(cached, at);
    return this.definition.embedded(values);
  }

  /** Notes that Alma answered, to a call sent at `at`, that it has no record of this id. */
  markGone(id: number, at: number): void {
    this.getOrCreate(id).markGone(at);
  }

  /**
   * Notes that a write that ended at `at` may have changed these records: all of their fields, or only those that the
   * list does not show (`changesList` false), and also their relations (`changesRelations`). Records whose relations
   * are unknown count as changed too, since the write may have affected them.
   */
  invalidate(
    at: number,
    records: "all" | ReadonlySet<CachedRecord>,
    changesList: boolean,
    changesRelations = false,
  ): void {
    this.version++;
    this.recordMap.invalidate(at, records, { changesList, changesRelations });
  }

  /** Notes that a write that ended at `at` may have changed which records there are, or what their list shows. */
  invalidateList(at: number): void {
    this.version++;
    this.contentVersion++;
    this.listInvalidatedAt = Math.max(this.listInvalidatedAt, at);
  }

  /** When the oldest reading behind the relation index was made: of the list, or of a listed record's detail. */
  indexAsOf(): number {
    return Math.min(this.listAt, this.listedStates.read.firstAt);
  }

  /** All remembered records, listed or not. */
  get records(): Iterable<CachedRecord> {
    return this.recordMap.values();
  }

  /** Whether the relations are known of every record that a list or a write named. */
  get relationsKnown(): boolean {
    this.#changes.settle();
    return this.relationIndex.isComplete(this.listAt);
  }

  /** How many records are remembered, listed or not. */
  get size(): number {
    return this.recordMap.size;
  }

  /** The length of an array that has an entry for the slot of each remembered record. */
  get slotCount(): number {
    return this.recordMap.slotCount;
  }
}
