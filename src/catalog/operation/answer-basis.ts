import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import type { Store } from "../store/store.ts";
import type { Ages } from "./freshness.ts";

/** What raises its version with every change. */
interface Versioned {
  readonly version: number;
}

/** An answer that shows more records than this rests on their kinds as a whole. */
const MAX_RECORDS = 200;

/** An answer that rests on more lookups than this is not given again. */
const MAX_LOOKUPS = 200;

/**
 * Whether an answer may be given again: `suspended` while Alma fails, or answers again since the answer was made, in a
 * way on which the promised ages depend; `outdated` for good.
 */
export type Standing = "current" | "suspended" | "outdated";

/**
 * What the answer of an operation rests on, so that the same answer may be given again while all of it stands: the
 * version of each kind of which it used the list, of each record that it used, and of each lookup, noted when it first
 * looked at them. A write or a reading in the middle of the operation therefore makes the answer outdated at once. Each
 * reading also ends: it keeps its promise only until it is as old as is allowed at its place.
 */
export class AnswerBasis {
  /** When the oldest reading was made; infinite if there is none. */
  oldest = Number.POSITIVE_INFINITY;
  /** When the first of its readings becomes older than background work keeps it; infinite if there is none. */
  lagsAt = Number.POSITIVE_INFINITY;
  /** When the first of its readings becomes too old for its place; infinite where background work maintains all. */
  until = Number.POSITIVE_INFINITY;
  /** When the operation began. */
  readonly startedAt: number;
  /** Whether background work maintained the catalog then. */
  readonly isMaintained: boolean;
  /** Whether the answer is not to be given again, whatever becomes of what it rests on. */
  isRefused = false;
  readonly #tables: Store["tables"];
  readonly #ages: Pick<Ages, "connectionAge" | "closedAge">;
  readonly #kinds = new Map<Kind, number>();
  readonly #records = new Map<CachedRecord, number>();
  readonly #lookups: (() => boolean)[] = [];
  readonly #versions = new Map<Versioned, number>();

  constructor(tables: Store["tables"], startedAt: number, ages: Omit<Ages, "maxAge">) {
    this.#tables = tables;
    this.#ages = ages;
    this.startedAt = startedAt;
    this.isMaintained = ages.isMaintained;
  }

  /** Notes a reading made at `at`, which may become `age` milliseconds old at its place in the query. */
  noteReading(at: number, age: number, isClosed = false): void {
    if (at < this.oldest) this.oldest = at;
    const { connectionAge, closedAge } = this.#ages;
    this.lagsAt = Math.min(this.lagsAt, at + (isClosed ? closedAge : connectionAge));
    this.noteEnd(at, age);
  }

  /** As `noteReading`, for a reading that shows nothing but an absence, which has no age in the answer. */
  noteEnd(at: number, age: number): void {
    if (at + age < this.until) this.until = at + age;
  }

  /** Notes that the answer uses the list of a kind, or any of its records. */
  noteKind(kind: Kind): void {
    if (!this.#kinds.has(kind)) this.#kinds.set(kind, this.#tables[kind].contentVersion);
  }

  /** Notes that the answer uses a version of a record: by default the present one. */
  noteRecord(cached: CachedRecord, version: number = cached.version): void {
    if (version !== cached.version) this.refuse();
    if (this.isRefused || this.#kinds.has(cached.kind)) return;
    const noted = this.#records.get(cached);
    if (noted === undefined) this.#records.set(cached, version);
    else if (noted !== version) this.refuse();
    if (this.#records.size > MAX_RECORDS) this.#noteKindsOfRecords();
  }

  /** Notes that the answer uses a lookup. `stands`: whether Alma's last answer is the same, and no write follows it. */
  noteLookup(stands: () => boolean): void {
    if (this.#lookups.length < MAX_LOOKUPS) this.#lookups.push(stands);
    else this.refuse();
  }

  /** Notes that the answer rests on the present version of something. */
  noteVersion(of: Versioned): void {
    if (!this.#versions.has(of)) this.#versions.set(of, of.version);
  }

  /** The answer is not to be given again. */
  refuse(): void {
    this.isRefused = true;
  }

  #noteKindsOfRecords(): void {
    // A kind's present version says nothing about a change between then and now.
    if (!this.#recordsStand()) this.refuse();
    for (const { kind } of this.#records.keys()) this.noteKind(kind);
    this.#records.clear();
  }

  #recordsStand(): boolean {
    for (const [cached, version] of this.#records) if (cached.version !== version) return false;
    return true;
  }

  /** Whether nothing that the answer rests on has changed. Once it has, it never stands again. */
  get stands(): boolean {
    if (this.isRefused) return false;
    for (const [of, version] of this.#versions) if (of.version !== version) return false;
    for (const [kind, version] of this.#kinds)
      if (this.#tables[kind].contentVersion !== version) return false;
    return this.#recordsStand() && this.#lookups.every((stands) => stands());
  }

  /** Whether Alma fails to answer a list that the answer rests on. */
  get hasFailingList(): boolean {
    for (const kind of this.#kinds.keys()) if (this.#tables[kind].listFailure) return true;
    return false;
  }
}
