import type { LRUCache } from "lru-cache";
import type { Catalog, Operation } from "../../../catalog/index.ts";
import type { Meter } from "../../../graph/index.ts";
import type { Batch } from "./batch.ts";
import type { Finder } from "./finder.ts";
import type { Writer } from "./writer.ts";

/** The dependencies provided by the caller of a sync. */
export interface SyncOptions {
  readonly catalog: Catalog;
  /** The operation that all reads belong to. */
  readonly operation: Operation;
  readonly writer: Writer;
  /** Yields between two tasks, and limits their CPU time. */
  readonly meter: Meter;
  /** Logs unexpected errors, whose text is not in the results. */
  readonly report: (error: unknown) => void;
  /** The number of files that one sync may upload (BITRIX_MAX_FILES). */
  readonly maxFiles: number;
  /** Alma's ids of recently uploaded files, by URL. */
  readonly uploadedFileIds: LRUCache<string, number>;
}

/** State shared by all steps of one sync. */
export interface SyncContext extends Omit<SyncOptions, "operation"> {
  readonly batch: Batch;
  readonly finder: Finder;
}
