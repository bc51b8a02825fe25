import type { Horizons, Kind, LoggedChange, LogPlace } from "../../catalog/index.ts";

/** Returns whether one position in a log is before another. */
export const isBefore = (place: LogPlace, other: LogPlace): boolean =>
  place.seq < other.seq || (place.seq === other.seq && place.n < other.n);

/** How far back the changes of each kind are stored. */
export class HistoryBounds {
  horizons: Horizons;

  constructor(all: Horizons["all"]) {
    this.horizons = { all };
  }

  /** Discards changes up to a position. All changes after `since` are kept. */
  forgetUntil({ seq, n }: LogPlace, since: number): void {
    const all = { seq, n, since: Math.max(since, this.horizons.all?.since ?? since) };
    this.horizons = { ...this.horizons, all };
  }

  /** Returns the latest horizon of these kinds. */
  of(kinds: readonly Kind[]) {
    const found = (["all", ...kinds] as const).flatMap((kind) => this.horizons[kind] ?? []);
    return found.reduce((one, other) => ({
      ...(isBefore(one, other) ? other : one),
      since: Math.max(one.since, other.since),
    }));
  }

  /** Returns whether a change is within the horizon of its kind. */
  keeps(change: LoggedChange): boolean {
    const horizon = this.horizons[change.kind];
    return !horizon || isBefore(horizon, change);
  }
}
