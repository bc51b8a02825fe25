import type { Clock } from "../../alma/index.ts";
import type { CachedRecord, Kind } from "../../catalog/index.ts";
import { growingCache } from "./growing-cache.ts";

/** The maximum number of remembered keys. Beyond it, the oldest is dropped early. */
const MAX_KEYS = 100_000;

/**
 * The creates whose outcome is unknown, per process, by the lock keys of their identity. Alma may carry such a create
 * out until its settling time is over (WRITE_SETTLING_TIME), so that none of the same identity is sent before.
 */
export class UnsettledCreates {
  readonly #settlingTime: number;
  readonly #clock: Clock;
  /** When each is settled, by the clock. */
  readonly #settlesAt = growingCache<number>(MAX_KEYS);
  /** What creates have made: Alma's lists and lookups may lag behind, and another create must not claim it. */
  readonly #made = growingCache<{ readonly kind: Kind; readonly id: number }>(MAX_KEYS);

  /** `settlingTime`: milliseconds, counted from when a create was sent. */
  constructor(settlingTime: number, clock: Clock) {
    this.#settlingTime = settlingTime;
    this.#clock = clock;
  }

  /** Notes a create without an outcome. `sentAt`: when it was sent, by the clock. */
  note(keys: readonly string[], sentAt: number): void {
    for (const key of keys) this.#settlesAt.set(key, sentAt + this.#settlingTime);
  }

  /** Notes which record a create has made. */
  noteMade(keys: readonly string[], record: CachedRecord): void {
    for (const key of keys) this.#made.set(key, { kind: record.kind, id: record.id });
  }

  /** The records of a kind that creates under any of the keys have made, as far as they are remembered. */
  madeIds(kind: Kind, keys: readonly string[]): readonly number[] {
    const made = keys.flatMap((key) => this.#made.get(key) ?? []);
    return [...new Set(made.filter((record) => record.kind === kind).map(({ id }) => id))];
  }

  /** Forgets a create whose outcome is decided. */
  forget(keys: readonly string[]): void {
    for (const key of keys) this.#settlesAt.delete(key);
  }

  /** Until when a create under any of the keys may still be carried out, by the clock; undefined if there is none. */
  settlesAt(keys: readonly string[]): number | undefined {
    const latest = Math.max(0, ...keys.map((key) => this.#settlesAt.get(key) ?? 0));
    return latest > this.#clock() ? latest : undefined;
  }

  /** The seconds, rounded up, for which such a create may still be carried out. */
  secondsLeft(keys: readonly string[]): number {
    const settlesAt = this.settlesAt(keys);
    return settlesAt === undefined ? 0 : Math.ceil((settlesAt - this.#clock()) / 1000);
  }
}
