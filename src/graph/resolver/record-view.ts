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
  type RecordVersion,
  SUMMARY,
} from "../../catalog/index.ts";

/** The views of the records of one answer. Each shows one version. */
export class RecordViews {
  readonly #loader: RecordLoader;
  readonly #views = new Map<CachedRecord, RecordView>();
  /** The views of the first page, until another view is requested. */
  #page: readonly RecordView[] | undefined;

  constructor(loader: RecordLoader) {
    this.#loader = loader;
  }

  all(): Iterable<RecordView> {
    return this.#page ?? this.#views.values();
  }

  /** Returns the view of a record. Its data must be read after `maintainedCutoff`, or after its kind's own cut-off. */
  of<K extends Kind>(cached: CachedRecord, maintainedCutoff: number): RecordView<K> {
    const cutoff = this.#loader.operation.cutoffOf(cached, maintainedCutoff);
    for (const paged of this.#page ?? []) this.#views.set(paged.record, paged);
    this.#page = undefined;
    let view = this.#views.get(cached);
    if (view) view.tightenCutoff(cutoff);
    else {
      view = new RecordView(this.#loader, cached.current, cutoff);
      this.#views.set(cached, view);
    }
    return view as RecordView<K>;
  }

  /** Returns the views of a page, all in one step, so that they show the same state. */
  ofPage<K extends Kind>(
    records: readonly CachedRecord[],
    maintainedCutoff: number,
    expectedLevelOf: (kind: Kind) => Level,
  ): readonly RecordView<K>[] {
    const isFirst = this.#views.size === 0 && !this.#page;
    const page = records.map((cached) => {
      const view = isFirst
        ? new RecordView<K>(
            this.#loader,
            cached.current,
            this.#loader.operation.cutoffOf(cached, maintainedCutoff),
          )
        : this.of<K>(cached, maintainedCutoff);
      if (!view.hasDetail) view.expectLevel(expectedLevelOf(cached.kind));
      return view;
    });
    if (isFirst) this.#page = page;
    return page;
  }

  /** Counts the records read before a time. */
  countReadBefore(time: number): number {
    let count = 0;
    for (const view of this.all()) if (view.wasReadBefore(time)) count++;
    return count;
  }

  /** Discards all views, so that fields resolved after a write see the new versions. */
  forget(): void {
    this.#page = undefined;
    this.#views.clear();
  }
}

/** Reads the records of one operation. */
interface RecordLoader {
  readonly operation: Pick<Operation, "noteReading" | "basis" | "cutoffOf">;
  /** Undefined if Alma has no such record. */
  load(request: ReadRequest): Promise<CachedRecord | undefined>;
}

/**
 * A record in one answer: the parent of its type's resolvers. There is one view per record and answer. Its cut-off
 * comes from its path in the query: older data is read again. The view keeps the version it began with until it has to
 * load; known fields then wait for the load, so that one object of the answer shows one version even if the record is
 * written meanwhile.
 */
export class RecordView<K extends Kind = Kind> {
  readonly record: CachedRecord;
  readonly #loader: RecordLoader;
  #cutoff: number;
  #version: RecordVersion;
  /** The number of the record's version when this one was taken, and the level recorded in the answer's basis. */
  #versionNumber: number;
  #notedLevel: Level | -1 = -1;
  /** The oldest reading of summary fields served while the whole summary was unknown. */
  #partialAt = NEVER;
  /** Whether a selected field needs the detail, which is not known yet. All fields wait for it. */
  #awaitsDetail = false;
  /** Whether Alma neither has nor lists the record although other records refer to it. */
  isMissing = false;
  /** The loads by level. Most views need none. */
  #loads: (Promise<void> | undefined)[] | undefined;

  /** Starts with the current or an earlier version of the record. */
  constructor(loader: RecordLoader, version: RecordVersion, cutoff: number) {
    const { record } = version;
    this.#loader = loader;
    this.record = record;
    this.#cutoff = cutoff;
    this.#version = version;
    this.#versionNumber = record.version;
  }

  /** Records that the answer shows this version at a level, read at `at`. */
  #noteShown(at: number, level: Level) {
    const { operation } = this.#loader;
    operation.noteReading(at, this.#cutoff, this.record.isClosed);
    if (level <= this.#notedLevel) return;
    if (this.#notedLevel === -1) operation.basis.noteRecord(this.record, this.#versionNumber);
    this.#notedLevel = level;
  }

  get kind(): K {
    return this.record.kind as K;
  }

  get id(): number {
    return this.record.id;
  }

  get slot(): number {
    return this.record.slot;
  }

  /** Older data is read again. Records that this one refers to inherit the cut-off. */
  get cutoff(): number {
    return this.#cutoff;
  }

  /** The known fields in this view's version. */
  get value(): KnownFields<K> {
    return this.#version.value as KnownFields<K>;
  }

  /** Whether the view's data was read before a time. */
  wasReadBefore(time: number): boolean {
    const at = Math.max(this.#version.summaryAt, this.#partialAt);
    return at > NEVER && at < time;
  }

  /** When its data was read: the detail if fresh enough, else the summary. */
  get readAt(): number {
    return this.hasDetail ? this.#version.detailAt : Math.max(this.#version.summaryAt, this.#partialAt);
  }

  /** Raises the cut-off, because the query reaches the record by a second path that requires fresher data. */
  tightenCutoff(cutoff: number): void {
    if (cutoff <= this.#cutoff) return;
    this.#cutoff = cutoff;
    this.#loads = undefined;
  }

  /** Whether the detail is known and fresh enough. */
  get hasDetail(): boolean {
    return this.#version.detailAt > this.#cutoff;
  }

  /** Announces that the query needs the record at a level. Fields then wait for that level. */
  expectLevel(level: Level): void {
    if (level === DETAIL && !this.hasDetail) this.#awaitsDetail = true;
  }

  /** Reads a field, synchronously if it is known and fresh. Throws or rejects with AlmaError. */
  readField(field: string, level: Level): unknown {
    const readAt = level === DETAIL ? this.#version.detailAt : this.#summaryFieldReadAt(field);
    const isKnown = readAt > this.#cutoff;
    if (!isKnown || this.#awaitsDetail) return this.#readAfterLoad(field, isKnown ? EXISTS : level);
    this.#noteShown(readAt, level);
    return this.getField(field);
  }

  /**
   * Returns when a summary field was read. A single field may be known without the rest of the summary if the version
   * is current.
   */
  #summaryFieldReadAt(field: string) {
    const { record } = this;
    const { summaryAt, value } = this.#version;
    if (summaryAt > this.#cutoff || value !== record.value) return summaryAt;
    const readAt = record.asOf(SUMMARY, field);
    if (readAt > this.#cutoff)
      this.#partialAt = this.#partialAt > NEVER ? Math.min(this.#partialAt, readAt) : readAt;
    return readAt;
  }

  /** Returns this version at a level, or undefined if it is unknown, too old or partly unreadable. */
  showVersion(level: Level): object | undefined {
    if (this.#version.fieldErrors) return undefined;
    if (level === EXISTS) return this.#version.value;
    const readAt = level === DETAIL ? this.#version.detailAt : this.#version.summaryAt;
    if (readAt <= this.#cutoff || this.#awaitsDetail) return undefined;
    this.#noteShown(readAt, level);
    return this.#version.value;
  }

  /**
   * Returns undefined if the record is known at a level; otherwise resolves once it is. Rejects with
   * AlmaError.
   */
  ensureLevel(level: Level): Promise<void> | undefined {
    if (level === EXISTS) return undefined;
    const readAt = level === DETAIL ? this.#version.detailAt : this.#version.summaryAt;
    const isKnown = readAt > this.#cutoff;
    if (!isKnown || this.#awaitsDetail) return this.#loadAll(isKnown ? EXISTS : level);
    this.#noteShown(readAt, level);
    return undefined;
  }

  async #readAfterLoad(field: string, level: Level): Promise<unknown> {
    await this.#loadAll(level);
    return this.getField(field);
  }

  /** Loads a level and the awaited detail. If only the detail fails, only its fields fail. */
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
    this.#version = record.current;
    this.#versionNumber = record.version;
    this.#notedLevel = -1;
    if (this.hasDetail) this.#awaitsDetail = false;
    this.isMissing = !loaded && !record.isListed;
    if (this.isMissing) {
      this.#version = { ...this.#version, value: this.#shownByOthers() };
      return;
    }
    if (!loaded && (level === DETAIL || Object.keys(this.value).length === 0))
      throw new AlmaError(
        "ALMA_BAD_ANSWER",
        `Alma lists ${record.key} but does not find it: it was removed meanwhile. Its known fields are shown; ` +
          "the rest is null. Ask again in a moment; if this persists, tell Alma's operator.",
      );
    this.#noteShown(
      level === DETAIL ? record.detailAt : Math.max(record.detailAt, record.partialAt()),
      level,
    );
  }

  /** Returns the fields that other records show of a record that Alma does not have. */
  #shownByOthers(): KnownFields<K> {
    const isShown = ([field]: readonly [string, unknown]) => this.record.asOf(SUMMARY, field) > this.#cutoff;
    return Object.fromEntries(Object.entries(this.value).filter(isShown)) as KnownFields<K>;
  }

  /** Throws AlmaError if one of these fields was unreadable in Alma's answer. */
  assertReadable(fields: readonly string[]): void {
    const error =
      this.#version.fieldErrors &&
      findFieldError({ key: this.record.key, fieldErrors: this.#version.fieldErrors }, fields);
    if (error) throw error;
  }

  /** Returns the known value of a field, or null. Throws AlmaError if it was unreadable in Alma's answer. */
  getField(field: string): unknown {
    const value = this.#version.value[field];
    if (value != null) return value;
    if (this.#version.fieldErrors) this.assertReadable([field]);
    return null;
  }
}
