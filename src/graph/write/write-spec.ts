import type { CachedRecord } from "../../catalog/index.ts";
import type { GraphContext } from "../record/context.ts";
import type { ArgumentPath, UserErrorCode } from "./user-error.ts";
import type { InputFields, Write } from "./write.ts";
import type { WriteServices } from "./write-context.ts";

/** A field of an input that names another record by a `Ref`. */
export interface RefSpec {
  readonly types: readonly [string, ...string[]];
  /** Notes in the write what forbids this record here: only what Alma's document states and what would do damage. */
  readonly check?: (write: Write, target: Target, path: ArgumentPath) => Promise<void>;
}

/** The record that a `Ref` names. */
export interface Target {
  readonly id: number;
  /** Undefined while nobody knows whether the id is a unit's or a room's. */
  readonly record?: CachedRecord;
}

/** A record that exists already, and the input field by which it was found. */
export interface Match {
  readonly record: CachedRecord;
  readonly matchedBy: "externalId" | "email" | "name";
}

/** Why a record must not be created although it does not exist, and the input field to blame. */
export interface CreateRefusal {
  readonly code: UserErrorCode;
  readonly field: "externalId";
  readonly message: string;
}

/**
 * How a record is recognised, so that a create never makes it twice. The functions read by a context whose reads are
 * all made now.
 */
export interface Identity {
  /** The name of the input field that identifies the record. */
  readonly field: (draft: InputFields) => string;
  /** Creates that have a key in common run one at a time. */
  readonly lockKeys: (draft: InputFields) => readonly string[];
  /** Finds the record, or what forbids it, with the fewest calls: before a create is sent. Throws AlmaError. */
  readonly find: (
    freshContext: GraphContext,
    draft: InputFields,
  ) => Promise<Match | CreateRefusal | undefined>;
  /** Finds the record by lookup and by list: for an unacknowledged create, or a refused one. Throws AlmaError. */
  readonly findEverywhere: (freshContext: GraphContext, draft: InputFields) => Promise<Match | undefined>;
}

/** What there is to say about writing one kind of record, beside the table of its fields in `alma/`. */
export interface WriteSpec {
  /** By what a record is found again, so that none is made twice. */
  readonly identity: Identity;
  readonly refs?: Readonly<Record<string, RefSpec>>;
  /** Numbers that are not below 0. */
  readonly nonNegativeFields?: readonly string[];
  /** Pairs of days, the second not before the first. */
  readonly periodFields?: readonly (readonly [string, string])[];
  /** Ids that are no refs: of uploaded files, of a project. */
  readonly idFields?: readonly string[];
  /** What a create sends for what its caller leaves out. */
  readonly defaults?: (services: WriteServices) => InputFields;
  /**
   * Notes what Alma will refuse, as far as the indexes tell: for a dry run, and to find out why an answer was lost.
   * `before` is what is known of the record that an update changes.
   */
  readonly predictRefusals?: (write: Write, fields: InputFields, existing?: CachedRecord) => Promise<void>;
}
