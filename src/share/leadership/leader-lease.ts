import type { LogEnd, Look, Renewed } from "../../store/index.ts";
import type { Moment } from "../clock/moment.ts";

/*
 * The lease as one process knows it: plain values and functions, to which times are passed. There are two clocks of the
 * process. A leader compares its lease with a clock that counts the time for which the machine slept, and is rather
 * fast. Whoever waits for a lease to be over waits by one that does not, and is rather slow. So both err on the safe
 * side.
 */

/** A lease that this process has. */
export interface HeldLease {
  readonly token: string;
  /** The run of the store that has last answered. */
  readonly run: string;
  /** When it is over unless it is renewed, by the clock by which it is held. */
  readonly until: number;
}

/** A lease that this process has got. */
export interface TakenLease {
  readonly token: string;
  /** The last commit of the term before. */
  readonly end: LogEnd;
  /** Whether the store has all that earlier leaders have stored. */
  readonly isContinuous: boolean;
  /** Whether it surely has not, so that earlier leaders may have sent writes of which it has no intent. */
  readonly isLossy: boolean;
  /** Whether all that is stored counts; otherwise it is removed, since it is not whole, or in another form. */
  readonly isWhole: boolean;
  /** By the clock by which others wait: since when others may have had no lease. */
  readonly seenSince: number;
}

/** What this process knows of the lease. */
export interface LeaseState {
  /** The last look, when it was made, and since when looks have shown the same. */
  readonly seen?: { readonly look: Look; readonly at: number; readonly since: number };
  /** Since when looks have shown that the store lacks what this process has seen in it. */
  readonly lostSince?: number;
  /**
   * By which the leader's clock is bounded: it showed `at` after this process had left a nonce at `since`, by the clock
   * by which a lease is held.
   */
  readonly proof?: { readonly token: string; readonly at: number; readonly since: number };
}

/** Who this process is to the leader, and the nonces that it has left, with when each was sent. */
export interface Nonces {
  readonly member: string;
  readonly sentAt: ReadonlyMap<number, number>;
}

const sameLease = (a: Look, b: Look): boolean =>
  a.run === b.run && a.lease?.token === b.lease?.token && a.lease?.beat === b.lease?.beat;

/**
 * Notes a look whose answer came at `now`. The wait begins again where looks have failed for longer than a lease: the
 * store was away for all processes, the leader included, which then goes on.
 */
export function observe(
  state: LeaseState,
  look: Look,
  now: Moment,
  lease: number,
  { member, sentAt }: Nonces,
): LeaseState {
  const { seen, proof, lostSince = now.waited } = state;
  const isUnchanged = seen && sameLease(seen.look, look) && now.waited - seen.at <= lease;
  const token = look.lease?.token;
  const nonceSentAt = sentAt.get(look.lease?.echo[member] ?? Number.NaN);
  const kept = proof?.token === token ? proof : undefined;
  const newProof =
    look.lease && nonceSentAt !== undefined
      ? { token: look.lease.token, at: look.lease.at, since: nonceSentAt }
      : kept;
  return {
    seen: { look, at: now.waited, since: isUnchanged ? seen.since : now.waited },
    ...(look.hasLost && { lostSince }),
    ...(newProof && { proof: newProof }),
  };
}

/** Whether the leader has left in this run of the store, so that nobody has a lease. */
const isFree = ({ lease, run }: Look): boolean => lease !== undefined && lease.free === run;

/**
 * Whether a term may be begun: the last look has shown a lease that is surely over by its holder's clock. Processes
 * that cannot read what its holder has stored, since their form of entries is another one, leave it to others for a
 * while.
 */
export function mayTake(
  { seen, lostSince }: LeaseState,
  now: Moment,
  lease: number,
  format: string,
): boolean {
  if (!seen) return false;
  const { look, since } = seen;
  // Whoever leads on it does not know what is lost; a leader that does notices it first, and stores it again.
  if (lostSince !== undefined) return now.waited - lostSince >= lease / 2;
  const isForeign = look.lease !== undefined && look.lease.format !== format;
  const wait = (isFree(look) ? 0 : lease + lease / 20) + (isForeign ? lease : 0);
  return now.waited - since >= wait;
}

/**
 * Whether the store lacks nothing that a leader has stored. It may if it is another run of it than that of the lease,
 * such as a promoted replica, if it lacks what this process has seen, and if there is no lease, since that may be lost.
 */
export function isContinuous({ lease, run, hasLost }: Look): boolean {
  return lease !== undefined && lease.run === run && !hasLost;
}

/** Whether nobody has led in a store, as far as this process knows. */
export const isNew = ({ lease, hasLost }: Look): boolean => lease === undefined && !hasLost;

/**
 * The upper bound of the leader's clock now, by which a new leader continues; undefined if there is none, because a
 * calendar was set back: then all that is stored counts as too old.
 */
export function clockBound({ seen, proof }: LeaseState, now: Moment, wall: number): number | undefined {
  const { lease, time, log } = seen?.look ?? {};
  if (!seen || !lease) return 0;
  if (proof?.token === lease.token)
    return Math.max(proof.at + now.held - proof.since, lease.at, log?.at ?? 0);
  const passed = Math.max(wall - lease.wall, (time ?? 0) - lease.time);
  return passed < 0 ? undefined : Math.max(lease.at + passed, log?.at ?? 0);
}

/** Whether a lease holds now. It runs from when its renewal was sent. */
export const holds = (lease: HeldLease | undefined, now: Moment): lease is HeldLease =>
  lease !== undefined && now.held < lease.until;

/**
 * The lease after a renewal that was sent at `sent` and answered by `now`; undefined if it is lost. A store that has
 * lost something, or another run of it, may have an old lease, of a time before others had theirs: only a lease that
 * still holds goes on in it.
 */
export function prolong(
  held: HeldLease,
  { sent, run, hasLost }: Pick<Renewed, "run" | "hasLost"> & { readonly sent: Moment },
  now: Moment,
  lease: number,
): HeldLease | undefined {
  if ((run !== held.run || hasLost) && !holds(held, now)) return undefined;
  return { token: held.token, run, until: Math.max(held.until, sent.held + lease) };
}
