import type { Clock } from "../../alma/index.ts";
import type { AskedKinds } from "../entry/catalog-entries.ts";
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
export class Demand implements AskedKinds {
  readonly #clock: Clock;
  readonly #isSteady: boolean;
  /** When an operation last asked for the details of a kind. */
  readonly #askedAt = new Map<Kind, number>();
  readonly #waking = new Set<Kind>();
  /** Begins to read what is too old of a kind; returns false if there is nothing. `wake` ends with `finishWaking`. */
  wake: (kind: Kind) => boolean = () => false;

  constructor(clock: Clock, isSteady: boolean) {
    this.#clock = clock;
    this.#isSteady = isSteady;
  }

  /** Whether the details of a kind are kept under the maximum age now. */
  isMaintained(kind: Kind): boolean {
    return this.#isSteady || (!this.#waking.has(kind) && this.#isAskedFor(kind));
  }

  /** Whether the kind is neither kept nor waking. */
  isResting(kind: Kind): boolean {
    return !this.isMaintained(kind) && !this.#waking.has(kind);
  }

  /** What it asks of an operation that begins now. */
  limits(): Pick<Limits, "unmaintainedKinds" | "onDetails"> {
    if (this.#isSteady) return {};
    const unmaintainedKinds = new Set(kinds.filter((kind) => !this.isMaintained(kind)));
    return { unmaintainedKinds, onDetails: (kind) => this.note(kind) };
  }

  /** Notes that an operation asks for details of a kind. */
  note(kind: Kind): void {
    if (this.#isSteady) return;
    const wasAskedFor = this.#isAskedFor(kind);
    this.#askedAt.set(kind, this.#clock());
    if (wasAskedFor || this.#waking.has(kind)) return;
    if (this.wake(kind)) this.#waking.add(kind);
  }

  /**
   * Notes that an answer which shows details of these kinds is to be given again. Returns whether the kinds are still
   * kept that were so when it was made (the values).
   */
  stillKeeps(details: ReadonlyMap<Kind, boolean>): boolean {
    for (const kind of details.keys()) this.note(kind);
    return [...details].every(([kind, wasMaintained]) => !wasMaintained || this.isMaintained(kind));
  }

  times(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#askedAt);
  }

  restore(times: Readonly<Record<string, number>>): void {
    for (const kind of kinds) {
      const at = times[kind];
      if (at !== undefined && at > (this.#askedAt.get(kind) ?? Number.NEGATIVE_INFINITY))
        this.#askedAt.set(kind, at);
    }
  }

  /** Notes that nothing of a kind is too old any more. */
  finishWaking(kind: Kind): void {
    this.#waking.delete(kind);
  }

  #isAskedFor(kind: Kind): boolean {
    const askedAt = this.#askedAt.get(kind);
    return askedAt !== undefined && this.#clock() - askedAt < DEMAND_TIME;
  }
}
