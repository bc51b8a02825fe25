import {
  type CachedRecord,
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

/** So many views are made together at most when others get their turn: that takes a few milliseconds. */
const MAX_PINNED = 5_000;

/**
 * The views of the records of one answer. While the operation is executed without a break, no record changes, so that a
 * text may show records without views. When others get their turn, the versions that were shown are pinned by views.
 */
export class RecordViews {
  readonly #loader: RecordLoader;
  readonly #views = new Map<CachedRecord, RecordView>();
  /** The records that texts have shown without a view, with the cut-off of their place. */
  readonly #shown = new Map<CachedRecord, number>();
  #unpinned: CachedRecord[] = [];
  #unpinnedPages: PageRows[] = [];
  /** The first cut-off, and whether all others are the same. */
  #firstCutoff: number | undefined;
  #hasOneCutoff = true;
  /** Whether the operation is being executed. */
  isExecuting = false;

  constructor(loader: RecordLoader) {
    this.#loader = loader;
  }

  /** All views, of what texts show too. */
  all(): Iterable<RecordView> {
    this.pin();
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
    else {
      view = new RecordView(this.#loader, cached, Math.max(cutoff, this.#shown.get(cached) ?? cutoff));
      this.#views.set(cached, view);
    }
    recordShown(cached, view.version, EXISTS);
    return view;
  }

  /** The views of the records of a page, which are made when they are needed: at once, if others have a turn before. */
  ofPage<K extends Kind>(
    records: readonly CachedRecord[],
    keptCutoff: number,
    expectedLevelOf: (kind: Kind) => Level,
  ): PageRows<K> {
    const rows = new PageRows<K>(this, records, keptCutoff, expectedLevelOf);
    if (this.mayWait(records.length)) this.#unpinnedPages.push(rows as PageRows);
    else rows.makeViews();
    return rows;
  }

  /** Whether so many views may be made later: they can be made together, and no record changes until then. */
  mayWait(count: number): boolean {
    return this.isExecuting && count <= MAX_PINNED && !this.#loader.operation.explanation;
  }

  /** Shows a version of a record at a level, without a view. Returns false if that may not be. */
  show(cached: CachedRecord, version: number, level: Level, cutoff: number): boolean {
    const { operation } = this.#loader;
    if (!this.isExecuting || operation.explanation) return false;
    // Where its kind or another place asks for younger data, so does each record that is reached by it: views know how.
    if (operation.cutoffOf(cached.kind, cutoff) !== cutoff || this.#isYounger(cached, cutoff)) return false;
    this.#noteCutoff(cutoff);
    const view = this.#views.size > 0 ? this.#views.get(cached) : undefined;
    if (view) {
      view.tightenCutoff(cutoff);
      return view.version === version && view.showVersion(level);
    }
    if (cached.version !== version || cached.slot < 0) return false;
    if (level !== EXISTS) {
      const at = cached.asOf(level);
      if (at <= cutoff) return false;
      operation.noteReading(at, cutoff);
      if (level === DETAIL) operation.noteDetails(cached.kind, cutoff);
    }
    operation.basis.noteRecord(cached, version);
    recordShown(cached, version, level);
    this.#noteShown(cached, cutoff);
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
    const shown = this.#shown.get(cached) ?? cutoff;
    return viewed > cutoff || shown > cutoff;
  }

  #noteShown(cached: CachedRecord, cutoff: number): void {
    const known = this.#shown.get(cached);
    if (known === undefined || cutoff > known) this.#shown.set(cached, cutoff);
    if (known !== undefined) return;
    this.#unpinned.push(cached);
    if (this.#unpinned.length > MAX_PINNED) this.pin();
  }

  /** Makes the views of what was shown, and is to be shown, without them. */
  pin(): void {
    for (const cached of this.#unpinned) this.#at(cached, this.#shown.get(cached) as number);
    this.#unpinned = [];
    const pages = this.#unpinnedPages;
    this.#unpinnedPages = [];
    for (const page of pages) page.makeViews();
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
    let count = 0;
    for (const view of this.#views.values()) if (view.wasReadBefore(time)) count++;
    const wasReadBefore = (cached: CachedRecord) => {
      const at = cached.asOf(SUMMARY);
      return at > NEVER && at < time;
    };
    for (const cached of this.#unpinned) if (!this.#views.has(cached) && wasReadBefore(cached)) count++;
    const pages = this.#unpinnedPages.filter(({ isVisited }) => !isVisited);
    const records = pages.length > 1 ? new Set(pages.flatMap((page) => page.records)) : pages[0]?.records;
    for (const cached of records ?? [])
      if (!this.#views.has(cached) && !this.#shown.has(cached) && wasReadBefore(cached)) count++;
    return count;
  }

  /** Drops all views: what is resolved after a write sees the new versions. */
  forget(): void {
    this.#views.clear();
  }
}
