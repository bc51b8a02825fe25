import type { CachedRecord, Kind } from "../../catalog/index.ts";
import type { SyncErrorCode } from "./sync-error.ts";

/** Values for Alma by the graph's names of the fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** Alma ids of the records that a record belongs to, by field. `planned` is one that a dry run would create. */
export type ParentIds = Readonly<Record<string, number | "planned">>;

/** How a write ended. It was done if there are no errors. */
export interface WriteResult {
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
  create(kind: Kind, fields: Fields, parents: ParentIds): Promise<WriteResult>;
  /** Changes a record. Null clears. */
  update(record: CachedRecord, fields: Fields, parents: ParentIds): Promise<WriteResult>;
  /** Gives Alma a file by its link; the id is that of the file. */
  upload(link: string): Promise<WriteResult>;
}
