import type { LogEnd, ObservedState, RenewalResult } from "../../store/index.ts";
import type { ClockTimes } from "../clock/clock-times.ts";

/*
 * Decides, from plain values, whether a lease is valid, may be taken, or has been lost. A process with the lease leads:
 * only it reads Alma and writes. It renews the lease in the store; if it stops renewing, another process takes over
 * once the lease has certainly expired. Example: with LEASE 2 s, the leader stops 2 s after it last *sent* a renewal
 * that succeeded, and another one begins 2.1 s after it first *saw* that renewal, which is always later.
 *
 * A process has two clocks (`ClockTimes`). A leader measures its lease with the one that includes sleep of the machine;
 * a process that waits uses the one that excludes it. So both err on the safe side.
 */

/** A lease held by this process. */
export interface HeldLease {
  readonly token: string;
  /** The run of the store that answered last: another one after a restore or fail-over of PostgreSQL. */
  readonly run: string;
  /** When it expires unless it is renewed, by `boottime`. */
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
  /** Whether the stored data is used. Otherwise it is deleted, because it is incomplete or in another format. */
  readonly keepsData: boolean;
  /** Since when other processes may have had no lease, by `monotonic`. */
  readonly seenSince: number;
}

/** The state of the lease as known to this process. */
export interface LeaseState {
  /** The last observation, when it was made, and since when the lease has looked the same. */
  readonly seen?: { readonly observed: ObservedState; readonly at: number; readonly since: number };
  /** Since when the store lacks data that this process has seen in it. */
  readonly lostSince?: number;
  /**
   * Bounds the leader's clock: the leader has echoed a nonce that this process sent at `since` (by `boottime`), and its
   * clock showed `at` when it did.
   */
  readonly proof?: { readonly token: string; readonly at: number; readonly since: number };
}

/** The name of this process in the store, and when it sent each of its nonces. */
interface Nonces {
  readonly member: string;
  readonly sentAt: ReadonlyMap<number, number>;
}

const sameLease = (a: ObservedState, b: ObservedState): boolean =>
  a.run === b.run && a.lease?.token === b.lease?.token && a.lease?.beat === b.lease?.beat;

/**
 * Records what the store showed at `now`. If no observation has succeeded for longer than a lease, the wait for its
 * expiry starts again: the store was then unavailable to the leader too, which may renew now and continue.
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
  const nonceSentAt = sentAt.get(observed.lease?.echo[member] ?? NaN);
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

/** Returns whether the last leader has given up its lease, in this run of the store. */
const isFree = ({ lease, run }: ObservedState): boolean => lease !== undefined && lease.free === run;

/**
 * Returns whether this process may try to take the lease: it has looked the same for so long that it has certainly
 * expired by its holder's clock. A process with another entry format cannot use the stored data, so it waits one LEASE
 * longer and lets others go first.
 */
export function mayTake(
  { seen, lostSince }: LeaseState,
  now: ClockTimes,
  lease: number,
  format: string,
): boolean {
  if (!seen) return false;
  const { observed, since } = seen;
  // Only a leader that still has the lost data can store it again, and it notices the loss first.
  if (lostSince !== undefined) return now.monotonic - lostSince >= lease / 2;
  const hasOtherFormat = observed.lease !== undefined && observed.lease.format !== format;
  const wait = (isFree(observed) ? 0 : lease + lease / 20) + (hasOtherFormat ? lease : 0);
  return now.monotonic - since >= wait;
}

/**
 * Returns whether the store certainly has everything that leaders have stored. It may lack some data if its run is not
 * the lease's (a replica was promoted), if it lacks data that this process has seen, or if it has no lease (it may have
 * lost it).
 */
export function isContinuous({ lease, run, hasLost }: ObservedState): boolean {
  return lease !== undefined && lease.run === run && !hasLost;
}

/** Returns whether nobody has led in a store, as far as this process knows. */
export const isNewStore = ({ lease, hasLost }: ObservedState): boolean => lease === undefined && !hasLost;

/**
 * Returns the latest time that the leader's clock can show now. A new leader starts its clock there, so that stored
 * data never looks younger than it is. Undefined if that is unknown because a wall clock was set back; all stored data
 * then counts as too old.
 */
export function clockBound({ seen, proof }: LeaseState, now: ClockTimes, wall: number): number | undefined {
  const { lease, time, log } = seen?.observed ?? {};
  if (!seen || !lease) return 0;
  if (proof?.token === lease.token)
    return Math.max(proof.at + now.boottime - proof.since, lease.at, log?.at ?? 0);
  const passed = Math.max(wall - lease.wall, (time ?? 0) - lease.time);
  return passed < 0 ? undefined : Math.max(lease.at + passed, log?.at ?? 0);
}

/** Returns whether a lease is valid now. It runs from when its last renewal was sent. */
export const isHeld = (lease: HeldLease | undefined, now: ClockTimes): lease is HeldLease =>
  lease !== undefined && now.boottime < lease.until;

/**
 * Returns the lease after a renewal sent at `sent` and answered at `now`; undefined if the lease is lost. A store with
 * another run, or one that has lost data, may have forgotten that another process led meanwhile. There the lease
 * continues only if it has not expired.
 */
export function extendLease(
  held: HeldLease,
  { sent, run, hasLost }: Pick<RenewalResult, "run" | "hasLost"> & { readonly sent: ClockTimes },
  now: ClockTimes,
  lease: number,
): HeldLease | undefined {
  if ((run !== held.run || hasLost) && !isHeld(held, now)) return undefined;
  return { token: held.token, run, until: Math.max(held.until, sent.boottime + lease) };
}
