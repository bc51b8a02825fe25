import type { Entry, Kind } from "../catalog/index.ts";
import type { SyncErrorCode } from "./sync-error.ts";

/** Values for Alma by the graph's names of the fields. */
export type Values = Readonly<Record<string, unknown>>;

/** Alma ids of the records that a record belongs to, by field. `planned` is one that a dry run would create. */
export type Parents = Readonly<Record<string, number | "planned">>;

/** How a write ended. It was done if there are no errors. */
export interface WriteEnd {
  /** The record, if it is known to be there. */
  readonly id?: number;
  readonly errors: readonly {
    readonly code: SyncErrorCode;
    readonly message: string;
    /** The Alma field that it is about; undefined if it is about the record as a whole. */
    readonly field?: string;
  }[];
}

/**
 * What a sync writes with: the creates and updates of the graph, with their locks, looks and explanations. In a dry
 * run they check and send nothing. All throw AlmaError if nothing was done for a reason that is not the caller's.
 */
export interface Writer {
  readonly dryRun: boolean;
  /** Creates a record, once; `ALREADY_EXISTS`, with its id, if it is there. */
  create(kind: Kind, values: Values, parents: Parents): Promise<WriteEnd>;
  /** Changes a record. Null clears. */
  update(entry: Entry, values: Values, parents: Parents): Promise<WriteEnd>;
  /** Gives Alma a file by its link; the id is that of the file. */
  upload(link: string): Promise<WriteEnd>;
}
