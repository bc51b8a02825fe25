import type { Kind } from "./kind.ts";

/** Who made a write, and with which operation. */
export interface WriteAuthor {
  /** The caller's name. */
  readonly name: string | null;
  /** The mutation. */
  readonly operation: string;
  readonly requestId: string;
}

/** A write as the cause of changes. Times are by the catalog's clock. */
export interface WriteCause {
  /** The written record, `Unit:9199`; undefined after a create until its id is known. */
  key?: string;
  readonly isCreate: boolean;
  /** The fields that it sends. */
  readonly fields: readonly string[];
  readonly by: WriteAuthor;
  readonly startedAt: number;
  /** Infinite while in progress; NEVER if Alma did not do it. */
  endedAt: number;
}

/** The type of a change. */
export type ChangeEvent = "CHANGED" | "APPEARED" | "UNLISTED" | "DISAPPEARED" | "ARCHIVED" | "RESTORED";

/** The origin of a change: the values of a write, its declared effects elsewhere, or anything else. */
type ChangeOrigin = "WRITE" | "CASCADE" | "SEEN";

/**
 * A change between two readings: the one started at `notBefore` shows the value before, the one ended at
 * `notAfter` the value after. A change of the record as a whole has no field.
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
  /** Whether its values are not kept. */
  readonly isSecret: boolean;
  /** Whether its values are shown only to callers with their scope. */
  readonly isGuarded: boolean;
  /** When the reading that ended at `notAfter` started. */
  readonly startedAt: number;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly origin: ChangeOrigin;
  readonly by: WriteAuthor | undefined;
}

/** Returns the scope that a field needs besides READ. */
export type ScopeOfField = (kind: Kind, field: string) => string | undefined;

/** Returns whether a change is shown to nobody. */
export const isHidden = ({ event, field }: Pick<Change, "event" | "field">): boolean =>
  event === "CHANGED" && field?.startsWith("#") === true;

/** The order of changes. Those of one commit have the same `seq`, and are numbered by `n`. */
export interface Place {
  readonly seq: number;
  readonly n: number;
}

/** The place of a change as readers keep it, valid only within its term. */
export interface LogPosition extends Place {
  readonly term: string;
}

/** A change in its place. */
export interface LoggedChange extends Change, LogPosition {
  /** The interval by the wall clock at recording. */
  readonly wall: Pick<Change, "notBefore" | "notAfter">;
}

/** No change after this place is missing, nor one after `since` by the wall clock. */
export interface Horizon extends Place {
  readonly since: number;
}

/** The horizon of all kinds, and later ones of some. */
export type Horizons = Readonly<Partial<Record<Kind | "all", Horizon>>>;

/**
 * A query for changes: oldest first for all records, newest first for one. With `isBackwards`, all changes of
 * these kinds, hidden ones included, newest first.
 */
export interface ChangeQuery {
  readonly isBackwards?: true;
  readonly kinds: readonly Kind[];
  readonly record?: { readonly id: number; readonly key: string };
  readonly fields?: readonly string[] | null;
  /** Directly after this place, in order. */
  readonly after?: Place;
  readonly limit: number;
}

/** A change as stored. The key follows from kind and id. */
export type StoredChange = Omit<LoggedChange, "key">;

/** Changes that are no longer in memory. */
export interface StoredChanges {
  /** Returns whether this term has a commit of this number. */
  hasCommit(term: string, seq: number): Promise<boolean>;
  /** `until`: none after this place. */
  changes(query: ChangeQuery, until: Place): Promise<readonly StoredChange[]>;
}

/** A period in which all lists of Alma were read repeatedly, by the wall clock, with its number. */
export interface ReadPeriod {
  readonly n: number;
  readonly since: number;
  /** The end of the last reading. */
  readonly until: number;
}

/** The past that a log continues. */
export interface LoggedPast {
  /** The number of the last commit. */
  readonly seq: number;
  /** When the previous commit was made, by the wall clock. */
  readonly at: number;
  readonly horizons: Horizons;
  /** The last changes, oldest first. */
  readonly recent: readonly StoredChange[];
  /** The last change before these. */
  readonly older: StoredChange | undefined;
  readonly readPeriods: readonly ReadPeriod[];
}

/** The recorded changes, for a store that keeps them. */
export interface ChangeSource {
  /** Names this process's part of the log. */
  readonly term: string;
  /**
   * Called when this process starts to read Alma. `hasFollowed`: whether it knows of Alma through another
   * one.
   */
  begin(hasFollowed: boolean): void;
  /** Continues a stored log, before anything is recorded. */
  continue(past: LoggedPast, from: StoredChanges): void;
  /** Returns when the store last changed before this process, by the wall clock. */
  lastKnownAt(): number;
  /** The present or last period in which Alma was read. */
  readonly lastReadPeriod: ReadPeriod | undefined;
  /** Whether there are changes not given to any store. */
  readonly hasUntaken: boolean;
  /**
   * Takes the oldest changes not given to any store, all of one `seq`. `lost`: the last change forgotten
   * before.
   */
  take(): { readonly changes: readonly LoggedChange[]; readonly lost: LoggedChange | undefined };
  /** Records that the store has everything it was given. */
  noteStored(): void;
  /** Records that the store lacks a change, or may have lost the last ones. */
  noteLoss(lost?: LoggedChange): void;
  /** Drops what the store has dropped: everything up to these horizons. */
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
