import type { LogPlace } from "../../catalog/index.ts";

/** Returns whether one position in a log is before another. */
export const isBefore = (place: LogPlace, other: LogPlace): boolean =>
  place.seq < other.seq || (place.seq === other.seq && place.n < other.n);
