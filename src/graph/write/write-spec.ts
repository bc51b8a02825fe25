import type { CachedRecord, Kind } from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { ArgumentPath, UserErrorCode } from "./user-error.ts";
import type { InputFields, Write } from "./write.ts";
import type { WriteServices } from "./write-context.ts";

export type { InputFields, Write } from "./write.ts";

/** An input field of type `Ref` with its possible types. */
export interface RefSpec {
  readonly types: readonly [string, ...string[]];
  /**
   * Finds the record of a Bitrix id, or why it is refused; by default with Alma's lookup. Undefined if there is none.
   * Throws AlmaError.
   */
  readonly find?: (write: Write, externalId: string) => Promise<CachedRecord | RefRefusal | undefined>;
  /** Adds a user error if a documented rule forbids the record and breaking the rule would do damage. */
  readonly check?: (write: Write, target: Target, path: ArgumentPath) => Promise<void>;
}

/** Why a Bitrix id is refused although records have it. */
export interface RefRefusal {
  readonly code: UserErrorCode;
  readonly message: string;
}

/** The record that a `Ref` refers to. */
export interface Target {
  readonly id: number;
  /** Undefined if it is unknown whether the id belongs to a unit or a room. */
  readonly record?: CachedRecord;
}

/** An existing record and the input field that found it. */
export interface Match {
  readonly record: CachedRecord;
  readonly matchedBy: "externalId" | "email" | "name";
}

/** Why a record must not be created, and the input field that causes it. */
interface CreateRefusal extends RefRefusal {
  readonly field: "externalId";
}

/**
 * How a create recognizes an existing record, so that none is created twice. `freshContext` serves nothing from the
 * cache.
 */
export interface Identity {
  /** Returns the name of the identifying input field. */
  readonly field: (draft: InputFields) => string;
  /** Creates that share a key run one at a time. Keys depend only on fields that the caller may search by. */
  readonly lockKeys: (draft: InputFields, context: GraphContext) => readonly string[];
  /**
   * Finds the existing record, or the reason to refuse, before a create is sent, with the fewest calls. Throws
   * AlmaError.
   */
  readonly find: (
    freshContext: GraphContext,
    draft: InputFields,
  ) => Promise<Match | CreateRefusal | undefined>;
  /** Finds the record by lookup and list after a create that returned no id. Throws AlmaError. */
  readonly findEverywhere: (freshContext: GraphContext, draft: InputFields) => Promise<Match | undefined>;
  /** Returns the match if a record, with its detail, is the one that a draft describes. */
  readonly match: (record: CachedRecord, draft: InputFields) => Match | undefined;
}

/**
 * Adds user errors for the reasons to refuse a write. `existing` is the record that an update changes. Throws
 * AlmaError.
 */
export type WriteRule = (write: Write, fields: InputFields, existing?: CachedRecord) => Promise<void>;

/** The rules for writing each kind of record. */
export type WriteSpecs = Readonly<Record<Kind, { readonly write: WriteSpec }>>;

/** The rules for writing one kind, besides the field table in `alma/`. */
export interface WriteSpec {
  readonly identity: Identity;
  readonly refs?: Readonly<Record<string, RefSpec>>;
  /** Returns the values that a create sends for omitted fields. */
  readonly defaults?: (services: WriteServices) => InputFields;
  /**
   * Adds a user error for each documented rule that forbids the write, if breaking the rule would do damage. Called
   * before sending, and in a dry run.
   */
  readonly check?: WriteRule;
  /**
   * Adds a user error for each reason, known from the indexes, for which Alma refuses the write. Called in a dry run
   * and for a write of unknown outcome.
   */
  readonly predictRefusals?: WriteRule;
}
