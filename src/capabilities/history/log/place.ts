import {
  type Change,
  kindDefinitions,
  type LoggedChange,
  type Place,
  type StoredChange,
} from "../../../catalog/index.ts";

/** Whether a place is before another, in one log. */
export const isBefore = (place: Place, other: Place): boolean =>
  place.seq < other.seq || (place.seq === other.seq && place.n < other.n);

/** Bytes that a change takes besides its texts, with its entries in arrays and maps. */
const CHANGE_SIZE = 500;

/** How many bytes of memory a change takes. */
export const sizeOf = ({ before, after }: Change): number =>
  CHANGE_SIZE + 2 * ((before?.length ?? 0) + (after?.length ?? 0));

/** A change that was stored. */
export const withKey = (change: StoredChange): LoggedChange => ({
  ...change,
  key: `${kindDefinitions[change.kind].typeName}:${change.id}`,
});

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
