import type { Catalog, Operation } from "../catalog/index.ts";
import type { Batch } from "./batch.ts";
import type { Finder } from "./find.ts";
import type { Writer } from "./writer.ts";

/** What all steps of one sync work with. */
export interface SyncTools {
  readonly catalog: Catalog;
  /** Looks for what contracts of units outside of the sync are on, with a budget of its own. */
  readonly parents: Operation;
  readonly writer: Writer;
  readonly batch: Batch;
  readonly finder: Finder;
  /** Files that one sync may give Alma. */
  readonly maxFiles: number;
}
