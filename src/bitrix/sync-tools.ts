import type { Catalog, Operation } from "../catalog/index.ts";
import type { Batch } from "./batch.ts";
import type { Finder, KnownIds, Memory } from "./find.ts";
import type { Writer } from "./writer.ts";

/** What a sync is given. */
export interface SyncParts {
  readonly catalog: Catalog;
  /** What everything is read by. */
  readonly work: Operation;
  readonly writer: Writer;
  /** Told of an error that nobody foresaw; the caller sees only that there was one. */
  readonly report: (error: unknown) => void;
  /** Files that one sync may give Alma. */
  readonly maxFiles: number;
  /** What earlier syncs have found. */
  readonly ids: KnownIds;
  /** The ids of files that were given lately, by their links. */
  readonly given: Memory<number>;
  /** What Alma was given and did not show afterwards, by record and field. */
  readonly unshown: Memory<string>;
}

/** What all steps of one sync work with. */
export interface SyncTools extends Omit<SyncParts, "work" | "ids"> {
  readonly batch: Batch;
  readonly finder: Finder;
}
