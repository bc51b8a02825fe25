import type { Catalog, Operation } from "../../catalog/index.ts";
import type { Batch } from "./batch.ts";
import type { Finder, IdCache, SyncCache } from "./finder.ts";
import type { Writer } from "./writer.ts";

/** What the caller of a sync provides. */
export interface SyncOptions {
  readonly catalog: Catalog;
  /** The operation that all reads belong to. */
  readonly operation: Operation;
  readonly writer: Writer;
  /** Receives unexpected errors. Results of the sync do not contain their text. */
  readonly report: (error: unknown) => void;
  /** The number of files that one sync may upload (BITRIX_MAX_FILES). */
  readonly maxFiles: number;
  /** Alma ids that earlier syncs have found. */
  readonly knownIds: IdCache;
  /** Alma's ids of recently uploaded files, by link. */
  readonly uploadedFileIds: SyncCache<number>;
  /** By record and field: the `fingerprint` of a written value and a different value that Alma showed afterwards. */
  readonly unshownValues: SyncCache<string>;
}

/** What all steps of one sync share. */
export interface SyncContext extends Omit<SyncOptions, "operation" | "knownIds"> {
  readonly batch: Batch;
  readonly finder: Finder;
}
