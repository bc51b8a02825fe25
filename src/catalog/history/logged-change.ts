import type { ReadPeriod } from "../history/read-periods.ts";
import type { Change } from "../record/change.ts";
import { type Kind, kindDefinitions } from "../record/kind.ts";

/** The order of changes: those that a store is given with one commit have the same `seq`, and are numbered by `n`. */
export interface Place {
  readonly seq: number;
  readonly n: number;
}

/** Whether a place is before another, in one log. */
export const isBefore = (place: Place, other: Place): boolean =>
  place.seq < other.seq || (place.seq === other.seq && place.n < other.n);

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

/** Bytes that a change takes besides its texts, with its entries in arrays and maps. */
const CHANGE_SIZE = 500;

/** How many bytes of memory a change takes. */
export const sizeOf = ({ before, after }: Change): number =>
  CHANGE_SIZE + 2 * ((before?.length ?? 0) + (after?.length ?? 0));

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

/** A change that was stored. */
export const withKey = (change: StoredChange): LoggedChange => ({
  ...change,
  key: `${kindDefinitions[change.kind].typeName}:${change.id}`,
});

/** Where changes are that are in memory no longer. */
export interface StoredChanges {
  /** Whether there is a commit of this number, of this term. */
  hasCommit(term: string, seq: number): Promise<boolean>;
  /** `until`: none after this place. */
  changes(query: ChangeQuery, until: Place): Promise<readonly StoredChange[]>;
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

/** The index of the first change after a place, from `first` on. */
export function indexAfter(changes: readonly LoggedChange[], first: number, place: Place): number {
  let [low, high] = [first, changes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(place, changes[middle] as LoggedChange)) high = middle;
    else low = middle + 1;
  }
  return low;
}
