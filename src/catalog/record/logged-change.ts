import type { Kind } from "./kind.ts";

/** Who made a write, and with which operation. */
interface WriteAuthor {
  /** The caller's name. */
  readonly name: string | null;
  /** The mutation. */
  readonly operation: string;
  readonly requestId: string;
}

/** A write as the cause of changes. Times are by the catalog's clock. */
export interface WriteCause {
  /** The written record, such as `Unit:9199`; undefined after a create until its id is known. */
  key?: string;
  readonly isCreate: boolean;
  /** The fields that it sends. */
  readonly fields: readonly string[];
  readonly by: WriteAuthor;
  readonly startedAt: number;
  /** Infinite while in progress; NEVER if Alma did not perform the write. */
  endedAt: number;
}

/** The type of a change. */
type ChangeEvent = "CHANGED" | "APPEARED" | "UNLISTED" | "DISAPPEARED" | "ARCHIVED" | "RESTORED";

/** Where a change comes from: a write's own values, its declared effects on other records, or an unknown writer. */
type ChangeOrigin = "WRITE" | "CASCADE" | "SEEN";

/**
 * A change found by comparing two reads. It happened between `notBefore`, when the read of the old value started, and
 * `notAfter`, when the read of the new value ended. A change of the whole record has no field.
 */
export interface Change {
  readonly kind: Kind;
  readonly id: number;
  readonly key: string;
  readonly event: ChangeEvent;
  readonly field: string | null;
  /** As printed by the record's field; null if empty or `isSecret`. */
  readonly before: string | null;
  readonly after: string | null;
  /** Whether its values are not stored. */
  readonly isSecret: boolean;
  /** Whether its values are shown only to callers with their scope. */
  readonly isGuarded: boolean;
  /** When the read of the new value started. */
  readonly startedAt: number;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly origin: ChangeOrigin;
  readonly by: WriteAuthor | undefined;
}

/** Returns the scope that a field needs besides READ. */
export type ScopeOfField = (kind: Kind, field: string) => string | undefined;

/** Returns whether a change is hidden from all callers. */
export const isHidden = ({ event, field }: Pick<Change, "event" | "field">): boolean =>
  event === "CHANGED" && field?.startsWith("#") === true;

/** The position of a change in the log. Changes of one commit have the same `seq` and are numbered by `n`. */
export interface LogPlace {
  readonly seq: number;
  readonly n: number;
}

/** A position as readers keep it (a cursor). It is valid only in its term. */
export interface LogPosition extends LogPlace {
  readonly term: string;
}

/** A change with its position. */
export interface LoggedChange extends Change, LogPosition {
  /** The interval by the wall clock at recording. */
  readonly wall: Pick<Change, "notBefore" | "notAfter">;
}

/** The start of a complete log: no change after this position, or after `since` by the wall clock, is missing. */
interface Horizon extends LogPlace {
  readonly since: number;
}

/** The horizon of all kinds, and later ones of some kinds. */
export type Horizons = Readonly<Partial<Record<Kind | "all", Horizon>>>;

/**
 * A query for changes: oldest first for all records, newest first for one record. With `isBackwards`, all changes of
 * these kinds, including hidden ones, newest first.
 */
export interface ChangeQuery {
  readonly isBackwards?: true;
  readonly kinds: readonly Kind[];
  readonly record?: { readonly id: number; readonly key: string };
  readonly fields?: readonly string[] | null;
  /** Only changes after this position. */
  readonly after?: LogPlace;
  readonly limit: number;
}

/** Changes that are no longer in memory. */
export interface StoredChanges {
  /** Returns whether this term has a commit of this number. */
  hasCommit(term: string, seq: number): Promise<boolean>;
  /** Returns changes. `until`: none after this position. */
  changes(query: ChangeQuery, until: LogPlace): Promise<readonly LoggedChange[]>;
}

/** A numbered period in which all lists of Alma were read repeatedly, by the wall clock. */
export interface ReadPeriod {
  readonly n: number;
  readonly since: number;
  /** The end of the last reading. */
  readonly until: number;
}

/** The earlier changes that a log continues. */
export interface LoggedPast {
  /** The number of the last commit. */
  readonly seq: number;
  /** When the previous commit was made, by the wall clock. */
  readonly at: number;
  readonly horizons: Horizons;
  /** The last changes, oldest first. */
  readonly recent: readonly LoggedChange[];
  /** The last change before `recent`. */
  readonly older: LoggedChange | undefined;
  readonly readPeriods: readonly ReadPeriod[];
}

/** The recorded changes, for a store that keeps them. */
export interface ChangeSource {
  /** Identifies this process's part of the log. */
  readonly term: string;
  /** Called when this process starts to read Alma. `hasFollowed`: whether it has a copy of another process's data. */
  begin(hasFollowed: boolean): void;
  /** Continues a stored log. Must be called before anything is recorded. */
  continue(past: LoggedPast, from: StoredChanges): void;
  /** Returns when the store last changed before this process started, by the wall clock. */
  lastKnownAt(): number;
  /** The current or last period in which Alma was read. */
  readonly lastReadPeriod: ReadPeriod | undefined;
  /** Whether there are changes not yet passed to a store. */
  readonly hasUntaken: boolean;
  /**
   * Takes the oldest changes not yet passed to a store, all with one `seq`. `lost`: the last change discarded before
   * them.
   */
  take(): { readonly changes: readonly LoggedChange[]; readonly lost: LoggedChange | undefined };
  /** Records that the store has everything it was given. */
  noteStored(): void;
  /** Records that the store lacks a change, or may have lost the last ones. */
  noteLoss(lost?: LoggedChange): void;
  /** Discards what the store has discarded: everything up to these horizons. */
  forget(horizons: Horizons): void;
  /** Reads changes. Rejects with the store's error. */
  read(query: ChangeQuery): Promise<readonly LoggedChange[]>;
}

/** Used if nothing is recorded. */
export const noChanges: ChangeSource = {
  term: "",
  begin() {},
  continue() {},
  lastKnownAt: () => Date.now(),
  lastReadPeriod: undefined,
  hasUntaken: false,
  take: () => ({ changes: [], lost: undefined }),
  noteStored() {},
  noteLoss() {},
  forget() {},
  read: async () => [],
};
