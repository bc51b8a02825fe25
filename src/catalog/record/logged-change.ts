import type { Kind } from "./kind.ts";

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

/** The order of changes: those that a store is given with one commit have the same `seq`, and are numbered by `n`. */
export interface Place {
  readonly seq: number;
  readonly n: number;
}

/** The place of a change as its readers keep it: it counts only in the term in which it was given. */
export interface LogPosition extends Place {
  readonly term: string;
}

/** A change in its place. */
export interface LoggedChange extends Change, LogPosition {
  /** The interval by the wall clock, when it was recorded. */
  readonly wall: Pick<Change, "notBefore" | "notAfter">;
}

/** No change after this place is missing, nor one that happened after `since`, by the wall clock. */
export interface Horizon extends Place {
  readonly since: number;
}

/** The horizon of all kinds, and later ones of some. */
export type Horizons = Readonly<Partial<Record<Kind | "all", Horizon>>>;

/**
 * Which changes are sought: of all records the oldest first, of one the newest first. With `isBackwards`, all of these
 * kinds, the hidden ones too, the newest first.
 */
export interface ChangeQuery {
  readonly isBackwards?: true;
  readonly kinds: readonly Kind[];
  readonly record?: { readonly id: number; readonly key: string };
  readonly fields?: readonly string[] | null;
  /** Right behind this place, in their order. */
  readonly after?: Place;
  readonly limit: number;
}

/** A change as it is stored: the key follows from the kind and the id. */
export type StoredChange = Omit<LoggedChange, "key">;

/** Where changes are that are in memory no longer. */
export interface StoredChanges {
  /** Whether there is a commit of this number, of this term. */
  hasCommit(term: string, seq: number): Promise<boolean>;
  /** `until`: none after this place. */
  changes(query: ChangeQuery, until: Place): Promise<readonly StoredChange[]>;
}

/** A time in which all lists of Alma were read again and again, by the wall clock, and its number in their order. */
export interface ReadPeriod {
  readonly n: number;
  readonly since: number;
  /** The end of the last reading. */
  readonly until: number;
}

/** What a log goes on from. */
export interface LoggedPast {
  /** The number of the last commit. */
  readonly seq: number;
  /** When the one before was made, by the wall clock. */
  readonly at: number;
  readonly horizons: Horizons;
  /** The last changes, the oldest first. */
  readonly recent: readonly StoredChange[];
  /** The last change before these. */
  readonly older: StoredChange | undefined;
  readonly readPeriods: readonly ReadPeriod[];
}

/** The changes that are recorded, for a store, which keeps them. */
export interface ChangeSource {
  /** Names this process's part of the log. */
  readonly term: string;
  /** This process reads Alma from now on. `hasFollowed`: whether it knows of Alma by another one. */
  begin(hasFollowed: boolean): void;
  /** Goes on from what a store has, before anything is recorded. */
  continue(past: LoggedPast, from: StoredChanges): void;
  /** When the store was last changed before this process, by the wall clock. */
  lastKnownAt(): number;
  /** The period in which Alma is read now, or was read last. */
  readonly lastReadPeriod: ReadPeriod | undefined;
  /** Whether there are changes that no store was given. */
  readonly hasUntaken: boolean;
  /**
   * The oldest changes that no store was given, all of the same `seq`, which others no longer get. `lost`: the last
   * that was forgotten before.
   */
  take(): { readonly changes: readonly LoggedChange[]; readonly lost: LoggedChange | undefined };
  /** Notes that the store has all that it was given. */
  noteStored(): void;
  /** Notes that the store lacks a change, or may have lost the last ones that it was given. */
  noteLoss(lost?: LoggedChange): void;
  /** Takes it that the store has forgotten what is not after these. */
  forget(horizons: Horizons): void;
  /** The changes that are sought. Rejects with what the store says. */
  read(query: ChangeQuery): Promise<readonly LoggedChange[]>;
}

/** Where nothing is recorded. */
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
