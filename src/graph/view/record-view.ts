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

/** Reads the records of one operation, and knows how young they have to be. */
interface ViewLoader extends RecordLoader {
  readonly operation: RecordLoader["operation"] & Pick<Operation, "cutoffOf">;
}

/** The views of the records of one answer, of which each is shown in one version. */
export class RecordViews {
  readonly #loader: ViewLoader;
  readonly #views = new Map<CachedRecord, RecordView>();

  constructor(loader: ViewLoader) {
    this.#loader = loader;
  }

  all(): Iterable<RecordView> {
    return this.#views.values();
  }

  /** The view of a record. Its data is read after `maintainedCutoff`, or after what its kind asks instead. */
  of<K extends Kind>(cached: CachedRecord, maintainedCutoff: number): RecordView<K> {
    const cutoff = this.#loader.operation.cutoffOf(cached, maintainedCutoff);
    let view = this.#views.get(cached);
    if (view) view.tightenCutoff(cutoff);
    else {
      view = new RecordView(this.#loader, cached, cutoff);
      this.#views.set(cached, view);
    }
    return view as RecordView<K>;
  }

  /** The views of the records of a page. All are made at once, so that none shows what has changed since. */
  ofPage<K extends Kind>(
    records: readonly CachedRecord[],
    maintainedCutoff: number,
    expectedLevelOf: (kind: Kind) => Level,
  ): readonly RecordView<K>[] {
    return records.map((cached) => {
      const view = this.of<K>(cached, maintainedCutoff);
      if (!view.hasDetail) view.expectLevel(expectedLevelOf(cached.kind));
      return view;
    });
  }

  /** How many records were read before a time. */
  countReadBefore(time: number): number {
    let count = 0;
    for (const view of this.#views.values()) if (view.wasReadBefore(time)) count++;
    return count;
  }

  /** Drops all views: what is resolved after a write sees the new versions. */
  forget(): void {
    this.#views.clear();
  }
}

/** What was known of a record at some time, and when its summary and its detail had been read. */
export interface RecordVersion extends Pick<CachedRecord, "value" | "fieldErrors"> {
  readonly record: CachedRecord;
  readonly summaryAt: number;
  readonly detailAt: number;
}

/** The current version of a record, for an answer that is made later. */
export function versionOf(record: CachedRecord): RecordVersion {
  const { value, fieldErrors } = record;
  return { record, value, fieldErrors, summaryAt: record.asOf(SUMMARY), detailAt: record.asOf(DETAIL) };
}

/** Reads the records of one operation. */
interface RecordLoader {
  readonly operation: Pick<Operation, "noteReading" | "noteDetails" | "basis">;
  /** Undefined if Alma has no such record. */
  load(request: ReadRequest): Promise<CachedRecord | undefined>;
}

/**
 * A record as one answer sees it: the parent of the resolvers of its type. There is one view per record and answer. The
 * record may be known in part. The view has the cut-off of its path in the query: data that was read before it is read
 * again. It keeps the version of the record that it began with until it has to load. Known fields then wait for the
 * load, so that an object of the answer shows one version of its record even if the record is written meanwhile.
 */
export class RecordView<K extends Kind = Kind> {
  readonly record: CachedRecord;
  readonly #loader: RecordLoader;
  #cutoff: number;
  #value: Readonly<Record<string, unknown>>;
  #fieldErrors: CachedRecord["fieldErrors"];
  #summaryAt: number;
  #detailAt: number;
  /** The record's version when these were taken from it, and up to which level the answer is noted to rest on it. */
  #version: number;
  #notedLevel: Level | -1 = -1;
  /** The oldest reading of the summary fields that were served while the summary as a whole was not known. */
  #partialAt = NEVER;
  /** Whether a selected field needs the detail, which is not known yet: all fields then wait for it. */
  #awaitsDetail = false;
  /** Whether Alma, asked for it, has no such record, and lists none: other records refer to it in vain. */
  isMissing = false;
  /** The loads by level. Undefined in most views, since their records are known. */
  #loads: (Promise<void> | undefined)[] | undefined;

  /** Begins with the current version of the record, or with an earlier one. */
  constructor(loader: RecordLoader, record: CachedRecord, cutoff: number, version?: RecordVersion) {
    this.#loader = loader;
    this.record = record;
    this.#cutoff = cutoff;
    this.#value = (version ?? record).value;
    this.#fieldErrors = (version ?? record).fieldErrors;
    this.#summaryAt = version ? version.summaryAt : record.asOf(SUMMARY);
    this.#detailAt = version ? version.detailAt : record.asOf(DETAIL);
    this.#version = record.version;
  }

  /** Notes that the answer shows this version at a level, of a reading made at `at`. */
  #noteShown(at: number, level: Level) {
    const { operation } = this.#loader;
    operation.noteReading(at, this.#cutoff, this.record.isClosed);
    if (level <= this.#notedLevel) return;
    if (this.#notedLevel === -1) operation.basis.noteRecord(this.record, this.#version);
    if (level === DETAIL) operation.noteDetails(this.record.kind, this.#cutoff);
    this.#notedLevel = level;
  }

  get kind(): K {
    return this.record.kind as K;
  }

  get id(): number {
    return this.record.id;
  }

  /** Data that was read before this time is read again. The records that this one refers to inherit the cut-off. */
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

  /** When what is known of it was read: its detail, if that is fresh enough, else its summary. */
  get readAt(): number {
    return this.hasDetail ? this.#detailAt : Math.max(this.#summaryAt, this.#partialAt);
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

  /** Announces that the query needs the record at a level. Fields are then served once it is known at that level. */
  expectLevel(level: Level): void {
    if (level === DETAIL && !this.hasDetail) this.#awaitsDetail = true;
  }

  /** A field, at once if it is known and fresh, otherwise after loading. Throws or rejects with AlmaError. */
  readField(field: string, level: Level): unknown {
    const readAt = level === DETAIL ? this.#detailAt : this.#summaryFieldReadAt(field);
    const isKnown = readAt > this.#cutoff;
    if (!isKnown || this.#awaitsDetail) return this.#readAfterLoad(field, isKnown ? EXISTS : level);
    this.#noteShown(readAt, level);
    return this.getField(field);
  }

  /**
   * When a summary field was read: alone, if the rest of the summary is not known and the view's version is current.
   */
  #summaryFieldReadAt(field: string) {
    const { record } = this;
    if (this.#summaryAt > this.#cutoff || this.#value !== record.value) return this.#summaryAt;
    const readAt = record.asOf(SUMMARY, field);
    if (readAt > this.#cutoff)
      this.#partialAt = this.#partialAt > NEVER ? Math.min(this.#partialAt, readAt) : readAt;
    return readAt;
  }

  /** Shows this view's version at a level; undefined if that is not known, is too old, or was unreadable in part. */
  showVersion(level: Level): object | undefined {
    if (this.#fieldErrors) return undefined;
    if (level === EXISTS) return this.#value;
    const readAt = level === DETAIL ? this.#detailAt : this.#summaryAt;
    if (readAt <= this.#cutoff || this.#awaitsDetail) return undefined;
    this.#noteShown(readAt, level);
    return this.#value;
  }

  /** Undefined if the record is known at a level; otherwise resolves once it is. Rejects with AlmaError. */
  ensureLevel(level: Level): Promise<void> | undefined {
    if (level === EXISTS) return undefined;
    const readAt = level === DETAIL ? this.#detailAt : this.#summaryAt;
    const isKnown = readAt > this.#cutoff;
    if (!isKnown || this.#awaitsDetail) return this.#loadAll(isKnown ? EXISTS : level);
    this.#noteShown(readAt, level);
    return undefined;
  }

  async #readAfterLoad(field: string, level: Level): Promise<unknown> {
    await this.#loadAll(level);
    return this.getField(field);
  }

  /** Loads a level and the awaited detail. If only the detail fails, only the fields that need it fail. */
  async #loadAll(level: Level) {
    const detail = this.#awaitsDetail ? this.#load(DETAIL).catch(() => {}) : undefined;
    if (level !== EXISTS) await this.#load(level);
    await detail;
  }

  #load(level: Level) {
    this.#loads ??= [];
    this.#loads[level] ??= this.#loadLevel(level);
    return this.#loads[level];
  }

  async #loadLevel(level: Level) {
    const { record } = this;
    const loaded = await this.#loader.load({ record, level, cutoff: this.#cutoff });
    this.#value = record.value;
    this.#fieldErrors = record.fieldErrors;
    this.#summaryAt = record.asOf(SUMMARY);
    this.#detailAt = record.asOf(DETAIL);
    this.#version = record.version;
    this.#notedLevel = -1;
    if (this.hasDetail) this.#awaitsDetail = false;
    this.isMissing = !loaded && !record.isListed;
    if (this.isMissing) {
      this.#value = this.#shownByOthers();
      return;
    }
    if (!loaded && (level === DETAIL || Object.keys(this.#value).length === 0))
      throw missingRecordError(record.key);
    this.#noteShown(
      level === DETAIL ? record.detailAt : Math.max(record.detailAt, record.partialAt()),
      level,
    );
  }

  /** What other records show of a record that Alma does not have. */
  #shownByOthers(): typeof this.value {
    const isShown = ([field]: readonly [string, unknown]) => this.record.asOf(SUMMARY, field) > this.#cutoff;
    return Object.fromEntries(Object.entries(this.#value).filter(isShown)) as typeof this.value;
  }

  /** Throws AlmaError if Alma's answer was unreadable in one of these fields. */
  assertReadable(fields: readonly string[]): void {
    const error =
      this.#fieldErrors && findFieldError({ key: this.record.key, fieldErrors: this.#fieldErrors }, fields);
    if (error) throw error;
  }

  /** The known value of a field, or null. Throws AlmaError if Alma's answer was unreadable in this field. */
  getField(field: string): unknown {
    const value = this.#value[field];
    if (value != null) return value;
    if (this.#fieldErrors) this.assertReadable([field]);
    return null;
  }
}

/** The error for a record that Alma lists, although it does not have it. */
function missingRecordError(name: string) {
  return new AlmaError(
    "ALMA_BAD_ANSWER",
    `Alma lists ${name} but, asked for it, has no such record: it was removed meanwhile. What is known of it is shown; ` +
      "the rest is null. Ask again in a moment; if it stays so, tell Alma's operator.",
  );
}
