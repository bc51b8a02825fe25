import type { AlmaError } from "../alma/index.ts";
import type { Kind } from "./kind.ts";
import { type Faults, NEVER, type Source, type Values } from "./source.ts";
import { Word } from "./word.ts";

/** How much of a record a caller needs: that it exists, what its list shows, or all of it. */
export type Level = 0 | 1 | 2;
export const EXISTS: Level = 0;
export const SUMMARY: Level = 1;
export const DETAIL: Level = 2;

/** When the last writes ended that may have changed a record. */
export type Writes = Pick<Entry, "touchedAt" | "changedAt" | "movedAt">;

/**
 * What is known of one record, and since when. All times are the clock's: of a reading the time at which its call was
 * *sent*, of a write the time at which it had ended.
 */
export class Entry {
  readonly kind: Kind;
  readonly id: number;
  /** The id in the graph: `Unit:9199`. */
  readonly key: string;
  /** The newest known value of every known field. Replaced, never changed: a reader may keep it as its version. */
  value: Values = {};
  /** Fields that Alma answered unreadably, with the reason. */
  faults: Faults;
  /** When its detail was read; of one that cannot change any more, when a list last named it. */
  detailAt = NEVER;
  /** When Alma last said that there is no such record. */
  goneAt = NEVER;
  /** When the last write ended that may have changed any of its fields. */
  touchedAt: number;
  /** When the last write ended that may have changed fields beside those of its list. */
  changedAt: number;
  /** When the last write ended that may have changed to which records it refers. */
  movedAt: number;
  /** As of when the indexes know to which records it refers. */
  placedAt = NEVER;
  /** When a list, or another record, showed the record otherwise than its detail did. */
  outdatedAt = NEVER;
  /** Whether its detail counts all the same. */
  stands = false;
  /** Whether the newest list names it. */
  listed = false;
  /** When Alma last said of which kind its id is, without saying more (Alma: Rental object). */
  ofKindAt = NEVER;
  /** Why its detail could not be read the last time it was tried, and by the clock when that was begun. */
  failure: { readonly at: number; readonly error: AlmaError } | undefined;
  #detail: Source | undefined;
  /** What the lists say of it. */
  #list: Word | undefined;
  /** What other records show of it. */
  #stub: Word | undefined;

  constructor(
    kind: Kind,
    id: number,
    typeName: string,
    writes: Writes = { touchedAt: NEVER, changedAt: NEVER, movedAt: NEVER },
  ) {
    this.kind = kind;
    this.id = id;
    this.key = `${typeName}:${id}`;
    this.touchedAt = writes.touchedAt;
    this.changedAt = writes.changedAt;
    this.movedAt = writes.movedAt;
  }

  /**
   * The time that the level's knowledge is from, or NEVER if a write, a list or its absence has overtaken it. A summary
   * has all the fields of its list, or the one that is given: where lists and stubs leave one open, the detail is its
   * only source.
   */
  at(level: Level, field?: string): number {
    const overtakenAt = Math.max(this.touchedAt, this.stands ? NEVER : this.outdatedAt, this.goneAt);
    const detail = this.detailAt > overtakenAt ? this.detailAt : NEVER;
    if (level === DETAIL) return detail > this.changedAt ? detail : NEVER;
    const brief = level === EXISTS ? this.namedAt : this.#toldAt(field);
    return brief > this.touchedAt && brief > detail ? brief : detail;
  }

  /** When a list or another record last told all the fields of its list. */
  get summaryAt(): number {
    return this.#toldAt();
  }

  /** When a list or another record last named it, whatever was told of it. */
  get namedAt(): number {
    return Math.max(this.#list?.at ?? NEVER, this.#stub?.at ?? NEVER);
  }

  #toldAt(field?: string): number {
    let at = NEVER;
    const list = this.#list;
    const stub = this.#stub;
    if (list && (field === undefined ? list.whole : list.tells(field))) at = list.at;
    if (stub && stub.at > at && (field === undefined ? stub.whole : stub.tells(field))) at = stub.at;
    return at;
  }

  /** When the value that is known of a field was read, whatever has overtaken it since. */
  readAt(field: string): number {
    return Math.max(this.detailAt, this.#toldAt(field));
  }

  /** What its detail said when it was last read, whatever lists have said since: a list may leave fields empty. */
  get detail(): Values | undefined {
    return this.#detail?.values;
  }

  /** Whether it is not known to which records it refers, so that it may be anyone's. */
  get unplaced(): boolean {
    return this.placedAt <= this.movedAt;
  }

  /** Whether Alma has ever told anything of it, and be it that there is a record of its kind and id. */
  get seen(): boolean {
    return Math.max(this.detailAt, this.namedAt, this.ofKindAt) !== NEVER;
  }

  /** When there was last news of it: a list or another record named it first, anew or otherwise, or Alma its kind. */
  get newsAt(): number {
    return Math.max(this.#list?.since ?? NEVER, this.#stub?.since ?? NEVER, this.ofKindAt);
  }

  /**
   * True when Alma said that it is gone, after every write that touched it and not before `cutoff`, and has had no news
   * of it since. A list that goes on naming what Alma does not have is none.
   */
  gone(cutoff: number): boolean {
    const since = Math.max(this.touchedAt, this.detailAt, this.newsAt);
    return this.goneAt > since && this.goneAt >= cutoff;
  }

  /** The failure to read its detail, if it is no older than `cutoff` and no write came after it. */
  failed(cutoff: number): AlmaError | undefined {
    const { failure } = this;
    const written = Math.max(this.touchedAt, this.changedAt);
    return failure && failure.at > written && failure.at >= cutoff ? failure.error : undefined;
  }

  /** Takes in the record's detail. An older reading than the known one changes nothing. */
  takeDetail(values: Values, faults: Faults, at: number): void {
    if (at <= this.detailAt) return;
    const before = this.#detail?.values;
    this.detailAt = at;
    this.stands = false;
    this.#detail = { values, faults };
    this.failure = undefined;
    for (const word of [this.#list, this.#stub]) {
      if (!word) continue;
      if (word.since < at && word.at > this.touchedAt) word.hold(values, before);
      if (word.at > at && word.contradicts(values)) this.#outdate(word.at);
    }
    this.#merge();
  }

  /** Takes in a part of the record, with fields of its summary, from inside another record. */
  takeSummary(values: Values, faults: Faults, at: number): void {
    this.#stub ??= new Word();
    this.#hear(this.#stub, values, faults, at);
  }

  /**
   * Lets its detail stand that a list which still names it, or another record, has overtaken, but no write: until it
   * is read again, or told otherwise once more. Gives whether there is one.
   */
  stand(): boolean {
    this.stands = this.listed;
    if (this.at(DETAIL) === NEVER) this.stands = false;
    return this.stands;
  }

  /**
   * Takes in the record's entry in a list. `final` tells a record that cannot change any more: its detail is then as
   * new as the list that names it.
   */
  takeListed(values: Values, faults: Faults, at: number, final: (value: Values) => boolean): void {
    this.#list ??= new Word();
    this.#hear(this.#list, values, faults, at);
    const isKnown = this.at(DETAIL) !== NEVER && !this.gone(NEVER);
    if (isKnown && at > this.detailAt && final(this.value)) this.detailAt = at;
  }

  /**
   * Takes in that the list names it no more. It may be gone or archived: its detail is read again before it is
   * believed. To be named once more is news.
   */
  takeUnlisted(at: number): void {
    if (this.detailAt < at) this.#outdate(at);
    this.#list?.lapse();
  }

  /**
   * What is told otherwise than in an older detail makes that detail outdated. If nothing was told before, it may be
   * news or differ for good, and the detail has to say: it stands until it is read again. For a list that is now; not
   * for the first stubs, which all come after their details in a warm-up: were they to differ for good, every unit
   * would have to be read twice.
   */
  #hear(word: Word, values: Values, faults: Faults, at: number): void {
    if (at <= word.at) return;
    const isFirst = word.at === NEVER;
    const isNew = word.say(values, faults, at);
    if (isNew) this.stands = false;
    if (!isNew && !faults && !this.faults && !word.contradicts(this.value)) return;
    const detail = this.detailAt > this.outdatedAt && this.detailAt < at ? this.#detail : undefined;
    if (detail && word.contradicts(detail.values)) {
      if (!isFirst || word === this.#list) this.#outdate(at);
      if (isFirst) word.hold(detail.values, undefined);
    }
    this.#merge();
  }

  #outdate(at: number): void {
    this.outdatedAt = Math.max(this.outdatedAt, at);
    this.stands = false;
  }

  /** Of each field the newest value that is told. The detail has all fields, so older words add nothing to it. */
  #merge(): void {
    const list = this.#list;
    const stub = this.#stub;
    const words = list && stub && list.at > stub.at ? [stub, list] : [list, stub];
    let newest = this.#detail;
    for (const word of words) if (word && word.at > this.detailAt) newest = word.over(newest);
    this.value = newest?.values ?? {};
    this.faults = newest?.faults;
  }
}
