import type { Catalog, Operation } from "../../../catalog/index.ts";
import type { Batch } from "./batch.ts";
import type { Finder, IdCache, SyncCache } from "./finder.ts";
import type { Steps } from "./steps.ts";
import type { Writer } from "./writer.ts";

/** Measures the CPU of a sync. */
interface TaskMeter {
  /** Lets other work of the process run if that is due. Rejects with AlmaError if no more CPU may be used. */
  yieldToOthers(): Promise<void>;
  /** Does synchronous work, which is measured. */
  charge<T>(cost: string, work: () => T): T;
  /** Does work in steps, which are measured. Rejects as `yieldToOthers`. */
  run<T>(cost: string, steps: Steps<T>): T | Promise<T>;
}

/** What the caller of a sync provides. */
export interface SyncOptions {
  readonly catalog: Catalog;
  /** The operation that all reads belong to. */
  readonly operation: Operation;
  readonly writer: Writer;
  /** Gives other work of the process its turn between two tasks, and limits their CPU. */
  readonly meter: TaskMeter;
  /** Receives unexpected errors. Results of the sync do not contain their text. */
  readonly report: (error: unknown) => void;
  /** The number of files that one sync may upload (BITRIX_MAX_FILES). */
  readonly maxFiles: number;
  /** Alma ids that earlier syncs have found. */
  readonly knownIds: IdCache;
  /** Alma's ids of recently uploaded files, by link. */
  readonly uploadedFileIds: SyncCache<number>;
}

/** What all steps of one sync share. */
export interface SyncContext extends Omit<SyncOptions, "operation" | "knownIds"> {
  readonly batch: Batch;
  readonly finder: Finder;
}
