import type { Horizon, Horizons, Kind, LoggedChange, Place } from "../../../catalog/index.ts";
import { isBefore } from "./place.ts";

/** How far back changes are remembered, of each kind. */
export class HistoryBounds {
  horizons: Horizons;

  constructor(all: Horizon) {
    this.horizons = { all };
  }

  /** Notes that changes up to a place are forgotten, and none that happened after `since`. */
  forgetUntil({ seq, n }: Place, since: number): void {
    const all = { seq, n, since: Math.max(since, this.horizons.all?.since ?? since) };
    this.horizons = { ...this.horizons, all };
  }

  /** The latest horizon of these kinds. */
  of(kinds: readonly Kind[]): Horizon {
    const found = (["all", ...kinds] as const).flatMap((kind) => this.horizons[kind] ?? []);
    return found.reduce((one, other) => ({
      ...(isBefore(one, other) ? other : one),
      since: Math.max(one.since, other.since),
    }));
  }

  /** Whether a change is not older than those of its kind that are kept. */
  keeps(change: LoggedChange): boolean {
    const horizon = this.horizons[change.kind];
    return !horizon || isBefore(horizon, change);
  }
}
