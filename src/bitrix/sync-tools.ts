import type { Catalog } from "../catalog/index.ts";
import type { Batch } from "./batch.ts";
import type { Finder, Memory } from "./find.ts";
import type { Writer } from "./writer.ts";

/** What all steps of one sync work with. */
export interface SyncTools {
  readonly catalog: Catalog;
  readonly writer: Writer;
  readonly batch: Batch;
  readonly finder: Finder;
  /** Files that one sync may give Alma. */
  readonly maxFiles: number;
  /** The ids of files that were given lately, by their links. */
  readonly given: Memory<number>;
  /** What Alma was given and did not show afterwards, by record and field. */
  readonly unshown: Memory<string>;
}
