import type { CachedRecord, Kind } from "../../../catalog/index.ts";
import type { UserErrorCode } from "../../../graph/index.ts";

/** Values by Alma field, named as in the graph. */
export type Fields = Readonly<Record<string, unknown>>;

/** Alma ids of a record's parents, by field; "planned" for a parent that a dry run would create. */
export type ParentIds = Readonly<Record<string, number | "planned">>;

/** The result of a write. Without errors, the write was carried out. */
export interface WriteResult {
  /** The Alma id of the record; undefined if Alma has answered none. */
  readonly id?: number;
  readonly errors: readonly {
    readonly code: UserErrorCode;
    readonly message: string;
    /** The Alma field at fault; undefined if it is the record as a whole. */
    readonly field?: string;
  }[];
  /** Of an update: the fields that Alma has accepted twice and shows as before. Each has an error. */
  readonly notTaken?: readonly string[];
}

/**
 * The writes of a sync. The graph implements them by its mutations, with their locks, lookups and checks. In a dry run
 * they check and send nothing. All throw AlmaError if nothing was written for a reason other than the input.
 */
export interface Writer {
  readonly dryRun: boolean;
  /** Creates a record exactly once. If it exists, the error is `ALREADY_EXISTS` and the result has its id. */
  create(kind: Kind, fields: Fields, parents: ParentIds): Promise<WriteResult>;
  /** Updates a record. Null clears a field. */
  update(record: CachedRecord, fields: Fields, parents: ParentIds): Promise<WriteResult>;
  /** Throws AlmaError if an update of unknown outcome may still change a record. */
  checkSettled(record: CachedRecord): void;
  /** Uploads a file by its link (Alma: external-image). The result has the file's id. */
  upload(link: string): Promise<WriteResult>;
}
