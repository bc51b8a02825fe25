import type { Decoded } from "../../alma/index.ts";
import { SlotColumns } from "../column/slot-columns.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { ChangeRecorder } from "../record/change.ts";
import { type EmbeddedRecord, type Kind, type KindDefinition, kindDefinitions } from "../record/kind.ts";
import type { Changes, RecordChange, RecordObserver } from "../record/record-observer.ts";
import { isShown, NEVER } from "../record/source.ts";
import { RecordMap } from "./record-map.ts";
import { RecordSets } from "./record-sets.ts";
import { type RecordStates, toggle } from "./record-states.ts";
import { RelationIndex } from "./relation-index.ts";
import { TableList } from "./table-list.ts";

type DecodedRecord = Decoded<{ readonly id: number }>;

/** What is known of one kind: its list, its records, and their relations. */
export class Table extends TableList implements RecordObserver<CachedRecord> {
  readonly kind: Kind;
  readonly definition: KindDefinition;
  readonly relationIndex: RelationIndex;
  /** Columns of the records' values, for filters and orders. */
  readonly columns = new SlotColumns<CachedRecord>(() => this.records);
  /** All remembered records, listed or not, by id. */
  readonly recordMap: RecordMap;
  readonly recorder: ChangeRecorder | undefined;
  readonly #changes: Changes<CachedRecord>;
  readonly #sets = new RecordSets();
  /** The fields of which the detail of any record has ever shown a value: of some Alma shows null or "" only. */
  readonly shownFields = new Set<string>();

  constructor(kind: Kind, changes: Changes<CachedRecord>) {
    super();
    this.kind = kind;
    this.#changes = changes;
    this.recorder = changes.recorder;
    this.definition = kindDefinitions[kind];
    this.relationIndex = new RelationIndex(this.definition.relations);
    this.recordMap = new RecordMap(kind, this.definition.typeName, this.relationIndex, this, changes.settle);
  }

  noteChange(cached: CachedRecord, change: RecordChange): void {
    this.#changes.noteChange(cached, change);
    if (change !== "mention") this.version++;
    if (change === "mention" || change === "reading") return;
    cached.version++;
    if (change === "content") this.contentVersion++;
    this.columns.noteChange(cached);
  }

  noteEviction(cached: CachedRecord): void {
    this.#sets.delete(cached);
  }

  /** Puts a changed record into the sets and indexes where it belongs. `previous`: its membership until now. */
  settle(cached: CachedRecord, previous: CachedRecord["membership"]): void {
    // One that others begin to refer to may be a member from now on, once it is read.
    if (cached.membership && !previous && !cached.hasBeenSeen) this.contentVersion++;
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
