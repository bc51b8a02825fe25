import { type CachedRecord, DETAIL, type Kind, type Level } from "../../catalog/index.ts";
import type { VersionedSource } from "../kept-text/field-run.ts";
import { LazyItems } from "../kept-text/lazy-items.ts";
import type { ShownVersion } from "../kept-text/shown-versions.ts";
import type { RecordView } from "./record-view.ts";

/** Makes the views of the records, and shows these without views. */
interface ViewMaker {
  of<K extends Kind>(cached: CachedRecord, keptCutoff: number): RecordView<K>;
  show(cached: CachedRecord, version: number, level: Level, cutoff: number): boolean;
  showOthers(others: readonly ShownVersion[], cutoff: number): boolean;
}

/** The views of the records of a page, made when they are needed. */
export class PageRows<K extends Kind = Kind> extends LazyItems<RecordView<K>> {
  readonly records: readonly CachedRecord[];
  readonly #views: ViewMaker;
  readonly #cutoff: number;
  readonly #expectedLevelOf: (kind: Kind) => Level;
  readonly #source: RowSource;
  #made: readonly RecordView<K>[] | undefined;
  #visits = 0;

  constructor(
    views: ViewMaker,
    records: readonly CachedRecord[],
    cutoff: number,
    expectedLevelOf: (kind: Kind) => Level,
  ) {
    super();
    this.records = records;
    this.#views = views;
    this.#cutoff = cutoff;
    this.#expectedLevelOf = expectedLevelOf;
    this.#source = new RowSource(views, cutoff, expectedLevelOf);
  }

  get length(): number {
    return this.records.length;
  }

  /** Whether all records have been shown. */
  get isVisited(): boolean {
    return this.#visits >= this.length;
  }

  makeViews(): void {
    this.#made ??= this.records.map((cached) => this.#viewOf(cached));
  }

  at(index: number): RecordView<K> {
    return this.#made?.[index] ?? this.#viewOf(this.records[index] as CachedRecord);
  }

  sourceAt(index: number): VersionedSource {
    this.#visits++;
    if (this.#made) return this.#made[index] as RecordView<K>;
    this.#source.object = this.records[index] as CachedRecord;
    return this.#source;
  }

  #viewOf(cached: CachedRecord): RecordView<K> {
    const view = this.#views.of<K>(cached, this.#cutoff);
    if (!view.hasDetail) view.expectLevel(this.#expectedLevelOf(cached.kind));
    return view;
  }
}

/** A record without a view, in its present version. */
class RowSource implements VersionedSource {
  readonly #views: ViewMaker;
  readonly #cutoff: number;
  readonly #expectedLevelOf: (kind: Kind) => Level;
  declare object: CachedRecord;

  constructor(views: ViewMaker, cutoff: number, expectedLevelOf: (kind: Kind) => Level) {
    this.#views = views;
    this.#cutoff = cutoff;
    this.#expectedLevelOf = expectedLevelOf;
  }

  get version(): number {
    return this.object.version;
  }

  show(level: Level, others: readonly ShownVersion[]): boolean {
    const cutoff = this.#cutoff;
    return (
      !this.#awaitsDetail(level) &&
      this.#views.show(this.object, this.version, level, cutoff) &&
      this.#views.showOthers(others, cutoff)
    );
  }

  /** Whether the page needs more of the record elsewhere, which is to be read: that may be another version. */
  #awaitsDetail(level: Level): boolean {
    const { object } = this;
    return (
      level !== DETAIL && this.#expectedLevelOf(object.kind) === DETAIL && object.asOf(DETAIL) <= this.#cutoff
    );
  }
}
