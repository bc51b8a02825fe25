import type { CachedRecord, Kind, Level, Operation } from "../../catalog/index.ts";
import { type RecordLoader, RecordView } from "./record-view.ts";

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
