import { AlmaError } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  EXISTS,
  findFieldError,
  type Kind,
  type KnownFields,
  type Level,
  NEVER,
  type Operation,
  type ReadRequest,
  SUMMARY,
} from "../../catalog/index.ts";

/** What was known of a record at some time. */
export interface RecordVersion extends Pick<CachedRecord, "value" | "fieldErrors"> {
  readonly record: CachedRecord;
  readonly summaryAt: number;
  readonly detailAt: number;
}

/** What is known of a record now, for an answer that is made later. */
export function versionOf(record: CachedRecord): RecordVersion {
  const { value, fieldErrors } = record;
  return { record, value, fieldErrors, summaryAt: record.asOf(SUMMARY), detailAt: record.asOf(DETAIL) };
}

/** Reads the records of one operation. */
export interface RecordLoader {
  readonly operation: Pick<Operation, "noteReading">;
  /** Undefined: Alma has no such record. */
  load(request: ReadRequest): Promise<CachedRecord | undefined>;
}

/**
 * A record as one answer sees it: the parent that the resolvers of its type are given. There is one view per record and
 * answer. It may be known in part. It carries the cut-off of its path in the query: data that was read before it is
 * read again. It keeps the version of the record that it began with, unless it has to load; then the fields that are
 * known already wait, so that an object of the answer shows one version of its record whatever is written meanwhile.
 */
export class RecordView<K extends Kind = Kind> {
  readonly record: CachedRecord;
  readonly #loader: RecordLoader;
  #cutoff: number;
  #value: Readonly<Record<string, unknown>>;
  #fieldErrors: CachedRecord["fieldErrors"];
  #summaryAt: number;
  #detailAt: number;
  /** The oldest reading of the summary fields that were served although the summary as a whole was not known. */
  #partialAt = NEVER;
  /** Whether some field of the object needs a detail that is not known, for which the others wait. */
  #awaitsDetail = false;
  /** By level. Undefined in most views, whose records are known and load nothing. */
  #loads: (Promise<void> | undefined)[] | undefined;

  /** Begins with what is known now, or with an earlier version. */
  constructor(loader: RecordLoader, record: CachedRecord, cutoff: number, version?: RecordVersion) {
    this.#loader = loader;
    this.record = record;
    this.#cutoff = cutoff;
    this.#value = (version ?? record).value;
    this.#fieldErrors = (version ?? record).fieldErrors;
    this.#summaryAt = version ? version.summaryAt : record.asOf(SUMMARY);
    this.#detailAt = version ? version.detailAt : record.asOf(DETAIL);
  }

  get kind(): K {
    return this.record.kind as K;
  }

  get id(): number {
    return this.record.id;
  }

  /** Data that was read before this time is read again; the records that this one refers to inherit it. */
  get cutoff(): number {
    return this.#cutoff;
  }

  /** The known fields of the record, in this view's version. */
  get value(): KnownFields<K> {
    return this.#value as KnownFields<K>;
  }

  /** Whether the view's data was read before a time. */
  wasReadBefore(time: number): boolean {
    const at = Math.max(this.#summaryAt, this.#partialAt);
    return at > NEVER && at < time;
  }

  /** Raises the cut-off: the query reaches the record by a second path, which asks for fresher data. */
  tightenCutoff(cutoff: number): void {
    if (cutoff <= this.#cutoff) return;
    this.#cutoff = cutoff;
    this.#loads = undefined;
  }

  /** Whether the detail is known and fresh enough, so that nothing has to be loaded. */
  get hasDetail(): boolean {
    return this.#detailAt > this.#cutoff;
  }

  /** Says that the query needs the record at a level; its fields are then served when it is known at that level. */
  expectLevel(level: Level): void {
    if (level === DETAIL && !this.hasDetail) this.#awaitsDetail = true;
  }

  /**
   * A field: at once if it is known and fresh enough, else when the record is loaded. Throws or rejects with AlmaError.
   */
  readField(field: string, level: Level): unknown {
    const readAt = level === DETAIL ? this.#detailAt : this.#summaryFieldReadAt(field);
    const isKnown = readAt > this.#cutoff;
    if (!isKnown || this.#awaitsDetail) return this.#readAfterLoad(field, isKnown ? EXISTS : level);
    this.#loader.operation.noteReading(readAt);
    return this.getField(field);
  }

  /** When a summary field was read. It may be known though the rest of the summary is not. */
  #summaryFieldReadAt(field: string): number {
    const { record } = this;
    if (this.#summaryAt > this.#cutoff || this.#value !== record.value) return this.#summaryAt;
    const readAt = record.asOf(SUMMARY, field);
    if (readAt > this.#cutoff)
      this.#partialAt = this.#partialAt > NEVER ? Math.min(this.#partialAt, readAt) : readAt;
    return readAt;
  }

  /** Undefined if the record is known at a level, else a promise that resolves when it is. Rejects with AlmaError. */
  ensureLevel(level: Level): Promise<void> | undefined {
    if (level === EXISTS) return undefined;
    const readAt = level === DETAIL ? this.#detailAt : this.#summaryAt;
    const isKnown = readAt > this.#cutoff;
    if (!isKnown || this.#awaitsDetail) return this.#loadAll(isKnown ? EXISTS : level);
    this.#loader.operation.noteReading(readAt);
    return undefined;
  }

  async #readAfterLoad(field: string, level: Level): Promise<unknown> {
    await this.#loadAll(level);
    return this.getField(field);
  }

  /** Loads a level, and the detail that the other fields await: if that fails, it is they that fail. */
  async #loadAll(level: Level): Promise<void> {
    const detail = this.#awaitsDetail ? this.#load(DETAIL).catch(() => {}) : undefined;
    if (level !== EXISTS) await this.#load(level);
    await detail;
  }

  #load(level: Level): Promise<void> {
    this.#loads ??= [];
    this.#loads[level] ??= this.#loadLevel(level);
    return this.#loads[level];
  }

  async #loadLevel(level: Level): Promise<void> {
    const { record } = this;
    const loaded = await this.#loader.load({ record, level, cutoff: this.#cutoff });
    this.#value = record.value;
    this.#fieldErrors = record.fieldErrors;
    this.#summaryAt = record.asOf(SUMMARY);
    this.#detailAt = record.asOf(DETAIL);
    if (this.hasDetail) this.#awaitsDetail = false;
    if (!loaded && (level === DETAIL || Object.keys(this.#value).length === 0))
      throw missingRecordError(record.key);
    this.#loader.operation.noteReading(
      level === DETAIL ? record.detailAt : Math.max(record.detailAt, record.summaryAt),
    );
  }

  /** Throws AlmaError if Alma's answer was unreadable in one of these fields, from which something is computed. */
  assertReadable(fields: readonly string[]): void {
    const error =
      this.#fieldErrors && findFieldError({ key: this.record.key, fieldErrors: this.#fieldErrors }, fields);
    if (error) throw error;
  }

  /** A field of what is known; null if it is not. Throws AlmaError if Alma's answer was unreadable there. */
  getField(field: string): unknown {
    const value = this.#value[field];
    if (value !== null && value !== undefined) return value;
    if (this.#fieldErrors) this.assertReadable([field]);
    return null;
  }
}

/** The error of a record that Alma names in a list or in another record, and does not have when it is asked for it. */
export function missingRecordError(name: string): AlmaError {
  return new AlmaError(
    "ALMA_BAD_ANSWER",
    `Alma named ${name} but, asked for it, has no such record: it was removed meanwhile, or the reference to it is ` +
      "wrong. What is known of it is shown; the rest is null. Ask again in a moment; if it stays so, tell Alma's operator.",
  );
}
