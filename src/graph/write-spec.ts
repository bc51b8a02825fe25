import type { Entry } from "../catalog/index.ts";
import type { Identity } from "./identity.ts";
import type { ArgumentPath } from "./user-error.ts";
import type { Values, Write, Writing } from "./writing.ts";

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
  readonly entry?: Entry;
}

/** What there is to say about writing one kind of record, beside the table of its fields in `alma/`. */
export interface WriteSpec {
  /** By what a record is found again, so that none is made twice. */
  readonly identity: Identity;
  readonly refs?: Readonly<Record<string, RefSpec>>;
  /** Numbers that are not below 0. */
  readonly notNegative?: readonly string[];
  /** Pairs of days, the second not before the first. */
  readonly periods?: readonly (readonly [string, string])[];
  /** Ids that are no refs: of uploaded files, of a project. */
  readonly ids?: readonly string[];
  /** What a create sends for what its caller leaves out. */
  readonly defaults?: (writing: Writing) => Values;
  /**
   * Notes what Alma will refuse, as far as the indexes tell: for a dry run, and to find out why an answer was lost.
   * `before` is what is known of the record that an update changes.
   */
  readonly foresee?: (write: Write, values: Values, before?: Entry) => Promise<void>;
}
