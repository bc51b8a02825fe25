import type { CachedRecord, Kind } from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { ArgumentPath, UserErrorCode } from "./user-error.ts";
import type { InputFields, Write } from "./write.ts";
import type { WriteServices } from "./write-context.ts";

/** An input field of type `Ref`, and the types of which its record may be. */
export interface RefSpec {
  readonly types: readonly [string, ...string[]];
  /**
   * Finds the record of a Bitrix id, or why none is taken; by default by Alma's lookup. Undefined if there is none.
   * Throws AlmaError.
   */
  readonly find?: (write: Write, externalId: string) => Promise<CachedRecord | RefRefusal | undefined>;
  /** Adds a user error if a documented rule forbids the record here and breaking the rule would do damage. */
  readonly check?: (write: Write, target: Target, path: ArgumentPath) => Promise<void>;
}

/** Why a Bitrix id is not taken as a ref although records have it. */
export interface RefRefusal {
  readonly code: UserErrorCode;
  readonly message: string;
}

/** The record that a `Ref` names. */
export interface Target {
  readonly id: number;
  /** Undefined if it is not known whether the id is a unit's or a room's. */
  readonly record?: CachedRecord;
}

/** A record that exists already, and the input field by which it was found. */
export interface Match {
  readonly record: CachedRecord;
  readonly matchedBy: "externalId" | "email" | "name";
}

/** Why a record that does not exist must not be created, and the input field at fault. */
interface CreateRefusal {
  readonly code: UserErrorCode;
  readonly field: "externalId";
  readonly message: string;
}

/**
 * How a create recognises a record that exists, so that none is made twice. `freshContext` serves nothing from the
 * cache.
 */
export interface Identity {
  /** The name of the input field that identifies the record. */
  readonly field: (draft: InputFields) => string;
  /** Creates that share a key run one at a time. The keys depend only on what the caller may search by. */
  readonly lockKeys: (draft: InputFields, context: GraphContext) => readonly string[];
  /** Before a create is sent: finds the record, or what forbids it, with the fewest calls. Throws AlmaError. */
  readonly find: (
    freshContext: GraphContext,
    draft: InputFields,
  ) => Promise<Match | CreateRefusal | undefined>;
  /** After a create that gave no id: finds the record by lookup and by list. Throws AlmaError. */
  readonly findEverywhere: (freshContext: GraphContext, draft: InputFields) => Promise<Match | undefined>;
  /** The match if a record of the kind, given with its detail, is the one that a draft describes. */
  readonly match: (record: CachedRecord, draft: InputFields) => Match | undefined;
}

/** Adds user errors for what forbids a write. `existing` is the record that an update changes. Throws AlmaError. */
export type WriteRule = (write: Write, fields: InputFields, existing?: CachedRecord) => Promise<void>;

/** The rules for writing each kind of record. */
export type WriteSpecs = Readonly<Record<Kind, { readonly write: WriteSpec }>>;

/** The rules for writing one kind of record, in addition to the table of its fields in `alma/`. */
export interface WriteSpec {
  readonly identity: Identity;
  readonly refs?: Readonly<Record<string, RefSpec>>;
  /** The values that a create sends for omitted fields. */
  readonly defaults?: (services: WriteServices) => InputFields;
  /**
   * Adds a user error for each documented rule that forbids the write, if breaking the rule would do damage. Called
   * before the write is sent, and in a dry run.
   */
  readonly check?: WriteRule;
  /**
   * In a dry run, and for an unacknowledged write: adds a user error for each reason, shown by the indexes, for which
   * Alma refuses the write.
   */
  readonly predictRefusals?: WriteRule;
}
