import type { Kind } from "../../alma/index.ts";

/** Who asked for a write, and by what. */
export interface WriteAuthor {
  /** The caller's name. */
  readonly name: string | null;
  /** The mutation. */
  readonly operation: string;
  readonly requestId: string;
}

/** A write as what changes come from. Times are the catalog's clock's. */
export interface WriteCause {
  /** Of the written record: `Unit:9199`; undefined after a create until its id is known. */
  key?: string;
  readonly isCreate: boolean;
  /** The fields that it sends. */
  readonly fields: readonly string[];
  readonly by: WriteAuthor;
  readonly startedAt: number;
  /** Infinite while it is under way; NEVER if Alma did not do it. */
  endedAt: number;
}

/** What has happened to a record. */
export type ChangeEvent = "CHANGED" | "APPEARED" | "UNLISTED" | "DISAPPEARED" | "ARCHIVED" | "RESTORED";

/** Where a change comes from: what a write sent, what a write does elsewhere as declared, or anything else. */
type ChangeOrigin = "WRITE" | "CASCADE" | "SEEN";

/**
 * A change that two readings show: the one that started at `notBefore` the value before, the one that ended at
 * `notAfter` the value after. Of a record as a whole it has no field.
 */
export interface Change {
  readonly kind: Kind;
  readonly id: number;
  readonly key: string;
  readonly event: ChangeEvent;
  readonly field: string | null;
  /** As the record's field is printed; null if it is empty, and where `isSecret`. */
  readonly before: string | null;
  readonly after: string | null;
  /** Whether its values are not kept. */
  readonly isSecret: boolean;
  /** Whether its values are shown to those alone who have a scope for them. */
  readonly isGuarded: boolean;
  /** When the reading that ended at `notAfter` started. */
  readonly startedAt: number;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly origin: ChangeOrigin;
  readonly by: WriteAuthor | undefined;
}

/** The scope beyond READ that a field needs, by its kind and name. */
export type ScopeOfField = (kind: Kind, field: string) => string | undefined;

/** Whether a change is shown to nobody. */
export const isHidden = ({ event, field }: Pick<Change, "event" | "field">): boolean =>
  event === "CHANGED" && field?.startsWith("#") === true;
