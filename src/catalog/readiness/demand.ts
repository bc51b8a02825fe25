import type { Clock } from "../../alma/index.ts";
import type { Limits } from "../operation/operation.ts";
import { type Kind, kinds } from "../record/kind.ts";

/** In milliseconds: for so long after a question, the details of a kind are kept young. */
const DEMAND_TIME = 3_600_000;

/**
 * Whose details background work keeps under the maximum age: of all kinds (REFRESH=steady), or of those that operations
 * have asked for in the last hour (REFRESH=demand). Those of other kinds grow old, and only their lists are read.
 *
 * | a kind is | while | its details |
 * | --- | --- | --- |
 * | kept | somebody has asked for them in the last hour | are read again before they are too old |
 * | resting | nobody has | grow old |
 * | waking | after a rest, until those that are too old or unread have been read | are read as in the warm-up |
 */
export function createDemand(clock: Clock, isSteady: boolean) {
  /** When an operation last asked for the details of a kind. */
  const askedAt = new Map<Kind, number>();
  const waking = new Set<Kind>();
  /** Begins to read what is too old of a kind; returns false if there is nothing. `wake` ends with `finishWaking`. */
  let wake: ((kind: Kind) => boolean) | undefined;

  /** Whether the details of a kind are kept under the maximum age now. */
  function isMaintained(kind: Kind): boolean {
    return isSteady || (!waking.has(kind) && isAskedFor(kind));
  }

  /** Notes that an operation asks for details of a kind. */
  function note(kind: Kind): void {
    if (isSteady) return;
    const wasAskedFor = isAskedFor(kind);
    askedAt.set(kind, clock());
    if (wasAskedFor || waking.has(kind)) return;
    if (wake?.(kind)) waking.add(kind);
  }

  function isAskedFor(kind: Kind): boolean {
    const at = askedAt.get(kind);
    return at !== undefined && clock() - at < DEMAND_TIME;
  }

  return {
    set wake(begin: (kind: Kind) => boolean) {
      wake = begin;
    },

    isMaintained,

    /** Whether the kind is neither kept nor waking. */
    isResting(kind: Kind): boolean {
      return !isMaintained(kind) && !waking.has(kind);
    },

    /** What it asks of an operation that begins now. */
    limits(): Pick<Limits, "unmaintainedKinds" | "onDetails"> {
      if (isSteady) return {};
      const unmaintainedKinds = new Set(kinds.filter((kind) => !isMaintained(kind)));
      return { unmaintainedKinds, onDetails: note };
    },
    note,

    /**
     * Notes that an answer which shows details of these kinds is to be given again. Returns whether the kinds are still
     * kept that were so when it was made (the values).
     */
    stillKeeps(details: ReadonlyMap<Kind, boolean>): boolean {
      for (const kind of details.keys()) note(kind);
      return [...details].every(([kind, wasMaintained]) => !wasMaintained || isMaintained(kind));
    },

    times: (): Readonly<Record<string, number>> => Object.fromEntries(askedAt),

    restore(times: Readonly<Record<string, number>>): void {
      for (const kind of kinds) {
        const at = times[kind];
        if (at !== undefined && at > (askedAt.get(kind) ?? Number.NEGATIVE_INFINITY)) askedAt.set(kind, at);
      }
    },

    /** Notes that nothing of a kind is too old any more. */
    finishWaking(kind: Kind): void {
      waking.delete(kind);
    },
  };
}

export type Demand = ReturnType<typeof createDemand>;
