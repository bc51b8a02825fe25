import {
  type CachedRecord,
  type ChangeWatcher,
  DETAIL,
  EXISTS,
  type Kind,
  type Level,
  NEVER,
  SUMMARY,
} from "../../catalog/index.ts";
import { recordShown, type ShownVersion } from "../kept-text/shown-versions.ts";
import { PageRows } from "./page-rows.ts";
import { type RecordLoader, RecordView } from "./record-view.ts";
import { ShownRecords } from "./shown-records.ts";

/**
 * The views of the records of one answer. While the operation is executed without a break, no record changes, so that a
 * text may show records without views. Before a record changes that the answer has shown, or is about to show, in a
 * page, its view is made, which keeps the version. So an answer shows each record in one version.
 */
export class RecordViews implements ChangeWatcher<CachedRecord> {
  readonly #loader: RecordLoader;
  readonly #watchers: Set<ChangeWatcher<CachedRecord>>;
  readonly #views = new Map<CachedRecord, RecordView>();
  #shown = new ShownRecords();
  /** The pages of which not all records were shown, and those of them that `#paged` lacks. */
  readonly #pages = new Set<PageRows>();
  readonly #newPages = new Set<PageRows>();
  /** The records of pages, with the cut-off of their place. */
  readonly #paged = new Map<CachedRecord, number>();
  /** The first cut-off, and whether all others are the same. */
  #firstCutoff: number | undefined;
  #hasOneCutoff = true;
  #state: "new" | "watching" | "ended" = "new";

  /** `watchers`: is told of each change of a record before it is made. */
  constructor(loader: RecordLoader, watchers: Set<ChangeWatcher<CachedRecord>>) {
    this.#loader = loader;
    this.#watchers = watchers;
  }

  /** All views, of the records of pages too that were not shown. */
  all(): Iterable<RecordView> {
    for (const page of this.#pages) for (const _ of page);
    return this.#views.values();
  }

  /** The view of a record. Its data is read after `keptCutoff`, or after what its kind asks instead. */
  of<K extends Kind>(cached: CachedRecord, keptCutoff: number): RecordView<K> {
    const cutoff = this.#loader.operation.cutoffOf(cached.kind, keptCutoff);
    return this.#at(cached, cutoff) as RecordView<K>;
  }

  #at(cached: CachedRecord, cutoff: number): RecordView {
    this.#noteCutoff(cutoff);
    let view = this.#views.get(cached);
    if (view) view.tightenCutoff(cutoff);
    else view = this.#make(cached, cutoff);
    recordShown(cached, view.version, EXISTS);
    return view;
  }

  #make(cached: CachedRecord, cutoff: number): RecordView {
    const { version, cutoff: shownCutoff = cutoff } = this.#shown.take(cached) ?? {};
    const view = new RecordView(this.#loader, cached, Math.max(cutoff, shownCutoff), version);
    this.#views.set(cached, view);
    return view;
  }

  beforeChange(cached: CachedRecord): void {
    if (this.#views.has(cached)) return;
    const cutoff = this.#shown.cutoffOf(cached) ?? this.#cutoffInPages(cached);
    if (cutoff !== undefined) this.#make(cached, cutoff);
  }

  /** The cut-off of a record in the pages, unless it is in none. */
  #cutoffInPages(cached: CachedRecord): number | undefined {
    for (const { records, cutoff } of this.#newPages)
      for (const record of records) this.#paged.set(record, cutoff);
    this.#newPages.clear();
    const cutoff = this.#paged.get(cached);
    return cutoff === undefined ? undefined : this.#loader.operation.cutoffOf(cached.kind, cutoff);
  }

  #watch(): void {
    if (this.#state !== "new") return;
    this.#state = "watching";
    this.#watchers.add(this);
  }

  /** Ends it: whatever changes from now on does not matter to the answer. */
  end(): void {
    this.#state = "ended";
    this.#watchers.delete(this);
  }

  /** The views of the records of a page, which are made when they are needed. */
  ofPage<K extends Kind>(
    records: readonly CachedRecord[],
    keptCutoff: number,
    expectedLevelOf: (kind: Kind) => Level,
  ): PageRows<K> {
    const rows = new PageRows<K>(this, records, keptCutoff, expectedLevelOf);
    if (records.length === 0) return rows;
    this.#pages.add(rows as PageRows);
    this.#newPages.add(rows as PageRows);
    this.#watch();
    return rows;
  }

  /** Notes that all records of a page were shown: what is known of them is kept apart from it. */
  leavePage(page: PageRows): void {
    this.#pages.delete(page);
    this.#newPages.delete(page);
  }

  /** Shows a version of a record at a level, without a view. Returns false if that may not be. */
  show(cached: CachedRecord, version: number, level: Level, cutoff: number): boolean {
    const { operation } = this.#loader;
    if (operation.explanation) return false;
    if (this.#shown.has(cached, level, cutoff)) {
      if (cached.version !== version) return false;
      recordShown(cached, version, level);
      return true;
    }
    // Where its kind or another place asks for younger data, so does each record that is reached by it: views know how.
    if (operation.cutoffOf(cached.kind, cutoff) !== cutoff || this.#isYounger(cached, cutoff)) return false;
    this.#noteCutoff(cutoff);
    const view = this.#views.size > 0 ? this.#views.get(cached) : undefined;
    if (view) {
      view.tightenCutoff(cutoff);
      return view.version === version && view.showVersion(level);
    }
    if (cached.version !== version || cached.slot < 0) return false;
    const at = cached.asOf(level);
    if (level !== EXISTS) {
      if (at <= cutoff) return false;
      operation.noteReading(at, cutoff);
      if (level === DETAIL) operation.noteDetails(cached.kind, cutoff);
    }
    operation.basis.noteRecord(cached, version);
    recordShown(cached, version, level);
    this.#shown.note(cached, level, cutoff, level === SUMMARY ? at : cached.asOf(SUMMARY));
    this.#watch();
    return true;
  }

  /** `show`, for what a text shows besides the record that it is of. */
  showOthers(others: readonly ShownVersion[], cutoff: number): boolean {
    // Safe: all that is shown here are records.
    for (const { object, version, level } of others)
      if (!this.show(object as CachedRecord, version, level as Level, cutoff)) return false;
    return true;
  }

  #noteCutoff(cutoff: number): void {
    this.#firstCutoff ??= cutoff;
    if (cutoff !== this.#firstCutoff) this.#hasOneCutoff = false;
  }

  /** Whether another place asks for younger data of a record than one with this cut-off. */
  #isYounger(cached: CachedRecord, cutoff: number): boolean {
    if (this.#hasOneCutoff && cutoff === this.#firstCutoff) return false;
    const viewed = this.#views.get(cached)?.cutoff ?? cutoff;
    const shown = this.#shown.cutoffOf(cached) ?? cutoff;
    return viewed > cutoff || shown > cutoff;
  }

  /** How many records are known. */
  countKnown(): number {
    return this.#count(Number.POSITIVE_INFINITY);
  }

  /** How many records were read before the operation began. */
  countReadBefore(): number {
    return this.#count(this.#loader.operation.startedAt);
  }

  #count(time: number): number {
    const isBefore = (at: number) => at > NEVER && at < time;
    let count = this.#shown.countReadBefore(time);
    for (const view of this.#views.values()) if (view.wasReadBefore(time)) count++;
    // What nothing was shown of counts too.
    const unshown = new Set([...this.#pages].flatMap(({ records }) => records));
    for (const cached of unshown)
      if (
        !this.#views.has(cached) &&
        this.#shown.cutoffOf(cached) === undefined &&
        isBefore(cached.asOf(SUMMARY))
      )
        count++;
    return count;
  }

  /** Drops all views: what is resolved after a write sees the new versions. */
  forget(): void {
    this.#views.clear();
    this.#shown = new ShownRecords();
    this.#paged.clear();
    this.#pages.clear();
    this.#newPages.clear();
  }
}
