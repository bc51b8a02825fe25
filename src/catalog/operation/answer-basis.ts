import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import type { Store } from "../store/store.ts";
import type { AllowedAges } from "./freshness.ts";

/** Has a version that every change increases. */
interface Versioned {
  readonly version: number;
}

/** An answer with more records than this counts as changed when any record of their kinds changes. */
const MAX_RECORDS = 200;

/** Answers that depend on more lookups than this are not reused. */
const MAX_LOOKUPS = 200;

/**
 * Whether a cached answer may be reused. `current`: yes. `suspended`: not now, because Alma is down or has just
 * recovered, so background work does not keep its data young enough. `outdated`: never again.
 */
export type Validity = "current" | "suspended" | "outdated";

/**
 * The data that an answer depends on. A cached answer may be reused while all of it is unchanged. The version of each
 * list, record and lookup is noted when it is first used, so a write or read during the operation makes the answer
 * outdated. An answer also expires when its data becomes older than the query allows.
 */
export class AnswerBasis {
  /** The oldest reading; infinite if there is none. */
  oldest = Infinity;
  /** When the first reading becomes older than background work allows; infinite if there is none. */
  lagsAt = Infinity;
  /** When the first reading becomes too old for its place; infinite if background work maintains all readings. */
  until = Infinity;
  /** When the operation began. */
  readonly startedAt: number;
  /** Whether background work maintained the catalog when the operation began. */
  readonly isMaintained: boolean;
  /** Whether the answer must never be reused. */
  isRefused = false;
  readonly #tables: Store["tables"];
  readonly #ages: Pick<AllowedAges, "connectionAge" | "closedAge">;
  readonly #kinds = new Map<Kind, number>();
  readonly #records = new Map<CachedRecord, number>();
  readonly #lookups: (() => boolean)[] = [];
  readonly #versions = new Map<Versioned, number>();

  constructor(tables: Store["tables"], startedAt: number, ages: Omit<AllowedAges, "maxAge">) {
    this.#tables = tables;
    this.#ages = ages;
    this.startedAt = startedAt;
    this.isMaintained = ages.isMaintained;
  }

  /** Adds a reading made at `at`, which may become `age` milliseconds old at its place in the query. */
  noteReading(at: number, age: number, isClosed = false): void {
    if (at < this.oldest) this.oldest = at;
    const { connectionAge, closedAge } = this.#ages;
    this.lagsAt = Math.min(this.lagsAt, at + (isClosed ? closedAge : connectionAge));
    this.noteEnd(at, age);
  }

  /** Like `noteReading`, for a reading that only shows an absence, which has no age in the answer. */
  noteEnd(at: number, age: number): void {
    if (at + age < this.until) this.until = at + age;
  }

  /** Adds the list of a kind, or any of its records. */
  noteKind(kind: Kind): void {
    if (!this.#kinds.has(kind)) this.#kinds.set(kind, this.#tables[kind].contentVersion);
  }

  /** Adds a version of a record, by default the current one. */
  noteRecord(cached: CachedRecord, version: number = cached.version): void {
    if (version !== cached.version) this.refuse();
    if (this.isRefused || this.#kinds.has(cached.kind)) return;
    const noted = this.#records.get(cached);
    if (noted === undefined) this.#records.set(cached, version);
    else if (noted !== version) this.refuse();
    if (this.#records.size > MAX_RECORDS) this.#noteKindsOfRecords();
  }

  /** Adds a lookup. `stands`: returns whether Alma's last answer is the same, without a later write. */
  noteLookup(stands: () => boolean): void {
    if (this.#lookups.length < MAX_LOOKUPS) this.#lookups.push(stands);
    else this.refuse();
  }

  /** Adds the current version of an object. */
  noteVersion(of: Versioned): void {
    if (!this.#versions.has(of)) this.#versions.set(of, of.version);
  }

  /** Marks the answer as not reusable. */
  refuse(): void {
    this.isRefused = true;
  }

  #noteKindsOfRecords(): void {
    // A kind's current version cannot show a change that happened between then and now.
    if (!this.#recordsStand()) this.refuse();
    for (const { kind } of this.#records.keys()) this.noteKind(kind);
    this.#records.clear();
  }

  #recordsStand(): boolean {
    for (const [cached, version] of this.#records) if (cached.version !== version) return false;
    return true;
  }

  /** Whether the data that the answer depends on has not changed. Once false, it stays false. */
  get stands(): boolean {
    if (this.isRefused) return false;
    for (const [of, version] of this.#versions) if (of.version !== version) return false;
    for (const [kind, version] of this.#kinds)
      if (this.#tables[kind].contentVersion !== version) return false;
    return this.#recordsStand() && this.#lookups.every((stands) => stands());
  }

  /** Whether reads of a list that the answer depends on fail. */
  get hasFailingList(): boolean {
    for (const kind of this.#kinds.keys()) if (this.#tables[kind].listFailure) return true;
    return false;
  }
}
