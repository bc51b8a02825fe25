import type { LogEnd, ObservedState, Renewed } from "../../store/index.ts";
import type { ClockTimes } from "../clock/clock-times.ts";

/*
 * The lease as known to one process: plain values and functions, which get times as arguments. The process has two
 * clocks. A leader compares its lease with a clock that includes the time during which the machine slept, and runs
 * slightly fast. A process that waits for a lease to expire uses a clock that excludes it, and runs slightly slow. So
 * both err on the safe side.
 */

/** A lease held by this process. */
export interface HeldLease {
  readonly token: string;
  /** The history of the store that answered last. */
  readonly run: string;
  /** When it expires unless renewed, by the clock for holding leases. */
  readonly until: number;
}

/** A lease that this process has just acquired. */
export interface TakenLease {
  readonly token: string;
  /** The last commit of the previous term. */
  readonly end: LogEnd;
  /** Whether the store has all data that earlier leaders have stored. */
  readonly isContinuous: boolean;
  /** Whether it certainly lacks data, so that earlier leaders may have sent writes without a stored intent. */
  readonly isLossy: boolean;
  /** Whether all stored data counts. Otherwise it is deleted, because it is incomplete or in another format. */
  readonly isWhole: boolean;
  /** Since when other processes may have had no lease, by the clock for waiting. */
  readonly seenSince: number;
}

/** The state of the lease as known to this process. */
export interface LeaseState {
  /** The last observation, when it was made, and since when observations have been equal. */
  readonly seen?: { readonly observed: ObservedState; readonly at: number; readonly since: number };
  /** Since when the store has been lacking data that this process has seen in it. */
  readonly lostSince?: number;
  /**
   * Bounds the leader's clock: it showed `at` after this process had left a nonce at `since`, by the clock for holding
   * leases.
   */
  readonly proof?: { readonly token: string; readonly at: number; readonly since: number };
}

/** The name of this process for the leader, and the nonces it has left, with when each was sent. */
interface Nonces {
  readonly member: string;
  readonly sentAt: ReadonlyMap<number, number>;
}

const sameLease = (a: ObservedState, b: ObservedState): boolean =>
  a.run === b.run && a.lease?.token === b.lease?.token && a.lease?.beat === b.lease?.beat;

/**
 * Records an observation answered at `now`. The wait restarts if observations have failed for longer than a lease: the
 * store was then unavailable to all processes, including the leader, which may continue.
 */
export function observe(
  state: LeaseState,
  observed: ObservedState,
  now: ClockTimes,
  lease: number,
  { member, sentAt }: Nonces,
): LeaseState {
  const { seen, proof, lostSince = now.monotonic } = state;
  const isUnchanged = seen && sameLease(seen.observed, observed) && now.monotonic - seen.at <= lease;
  const token = observed.lease?.token;
  const nonceSentAt = sentAt.get(observed.lease?.echo[member] ?? Number.NaN);
  const kept = proof?.token === token ? proof : undefined;
  const newProof =
    observed.lease && nonceSentAt !== undefined
      ? { token: observed.lease.token, at: observed.lease.at, since: nonceSentAt }
      : kept;
  return {
    seen: { observed, at: now.monotonic, since: isUnchanged ? seen.since : now.monotonic },
    ...(observed.hasLost && { lostSince }),
    ...(newProof && { proof: newProof }),
  };
}

/** Returns whether the leader has stopped in this history of the store, so that nobody has a lease. */
const isFree = ({ lease, run }: ObservedState): boolean => lease !== undefined && lease.free === run;

/**
 * Returns whether this process may begin a term: the last observation showed a lease that has certainly expired by its
 * holder's clock. Processes with another entry format, which cannot read the holder's data, give others a head start.
 */
export function mayTake(
  { seen, lostSince }: LeaseState,
  now: ClockTimes,
  lease: number,
  format: string,
): boolean {
  if (!seen) return false;
  const { observed, since } = seen;
  // A process that does not lead cannot know what is lost. A leader notices it first and stores it again.
  if (lostSince !== undefined) return now.monotonic - lostSince >= lease / 2;
  const hasOtherFormat = observed.lease !== undefined && observed.lease.format !== format;
  const wait = (isFree(observed) ? 0 : lease + lease / 20) + (hasOtherFormat ? lease : 0);
  return now.monotonic - since >= wait;
}

/**
 * Returns whether the store has all data that a leader has stored. It may lack some if its history differs from the
 * lease's, as with a promoted replica; if it lacks data seen by this process; or if there is no lease, since the lease
 * may be lost.
 */
export function isContinuous({ lease, run, hasLost }: ObservedState): boolean {
  return lease !== undefined && lease.run === run && !hasLost;
}

/** Returns whether nobody has led in a store, as far as this process knows. */
export const isNew = ({ lease, hasLost }: ObservedState): boolean => lease === undefined && !hasLost;

/**
 * Returns the upper bound of the leader's clock now, from which a new leader continues. Undefined if there is none,
 * because a wall clock was set back; all stored data then counts as too old.
 */
export function clockBound({ seen, proof }: LeaseState, now: ClockTimes, wall: number): number | undefined {
  const { lease, time, log } = seen?.observed ?? {};
  if (!seen || !lease) return 0;
  if (proof?.token === lease.token)
    return Math.max(proof.at + now.boottime - proof.since, lease.at, log?.at ?? 0);
  const passed = Math.max(wall - lease.wall, (time ?? 0) - lease.time);
  return passed < 0 ? undefined : Math.max(lease.at + passed, log?.at ?? 0);
}

/** Returns whether a lease is valid now. Its time runs from when its renewal was sent. */
export const holds = (lease: HeldLease | undefined, now: ClockTimes): lease is HeldLease =>
  lease !== undefined && now.boottime < lease.until;

/**
 * Returns the lease after a renewal sent at `sent` and answered by `now`; undefined if the lease is lost. A store that
 * has lost data, or with another history, may contain an old lease from before others had theirs, so only a lease that
 * is still valid continues there.
 */
export function prolong(
  held: HeldLease,
  { sent, run, hasLost }: Pick<Renewed, "run" | "hasLost"> & { readonly sent: ClockTimes },
  now: ClockTimes,
  lease: number,
): HeldLease | undefined {
  if ((run !== held.run || hasLost) && !holds(held, now)) return undefined;
  return { token: held.token, run, until: Math.max(held.until, sent.boottime + lease) };
}
