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
  leavePage(page: PageRows): void;
}

/** The views of the records of a page, made when they are needed. */
export class PageRows<K extends Kind = Kind> extends LazyItems<RecordView<K>> {
  readonly records: readonly CachedRecord[];
  readonly #views: ViewMaker;
  readonly cutoff: number;
  readonly #expectedLevelOf: (kind: Kind) => Level;
  readonly #source: RowSource;
  #visited = 0;

  constructor(
    views: ViewMaker,
    records: readonly CachedRecord[],
    cutoff: number,
    expectedLevelOf: (kind: Kind) => Level,
  ) {
    super();
    this.records = records;
    this.#views = views;
    this.cutoff = cutoff;
    this.#expectedLevelOf = expectedLevelOf;
    this.#source = new RowSource(views, cutoff, expectedLevelOf);
  }

  get length(): number {
    return this.records.length;
  }

  at(index: number): RecordView<K> {
    this.#visit(index);
    const view = this.#views.of<K>(this.records[index] as CachedRecord, this.cutoff);
    if (!view.hasDetail) view.expectLevel(this.#expectedLevelOf(view.kind));
    return view;
  }

  sourceAt(index: number): VersionedSource {
    this.#visit(index);
    this.#source.object = this.records[index] as CachedRecord;
    return this.#source;
  }

  /** Those of an index or more come later, in this list or in another one of the same records. */
  #visit(index: number): void {
    if (index < this.#visited) return;
    this.#visited = index + 1;
    if (this.#visited === this.length) this.#views.leavePage(this as PageRows);
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
