import type { Catalog, Operation } from "../../catalog/index.ts";
import type { Batch } from "./batch.ts";
import type { Finder, IdCache, SyncCache } from "./finder.ts";
import type { Writer } from "./writer.ts";

/** What a sync is given. */
export interface SyncOptions {
  readonly catalog: Catalog;
  /** What everything is read by. */
  readonly operation: Operation;
  readonly writer: Writer;
  /** Told of an error that nobody foresaw; the caller sees only that there was one. */
  readonly report: (error: unknown) => void;
  /** Files that one sync may give Alma. */
  readonly maxFiles: number;
  /** What earlier syncs have found. */
  readonly knownIds: IdCache;
  /** The ids of files that were given lately, by their links. */
  readonly uploadedFileIds: SyncCache<number>;
  /** What Alma was given and did not show afterwards, by record and field. */
  readonly unshownValues: SyncCache<string>;
}

/** What all steps of one sync work with. */
export interface SyncContext extends Omit<SyncOptions, "operation" | "knownIds"> {
  readonly batch: Batch;
  readonly finder: Finder;
}
