import type { ObservedState, Renewal, RenewalResult, SharedStore } from "../../store/index.ts";
import { createClockReader } from "../clock/clock-times.ts";
import type { Runtime } from "../clock/runtime.ts";
import {
  clockBound,
  extendLease,
  type HeldLease,
  isContinuous,
  isHeld,
  isNewStore,
  type LeaseState,
  mayTake,
  observe,
  type TakenLease,
} from "./leader-lease.ts";

/** The callbacks of a leader election. */
interface ElectionEvents {
  /** Returns whether this process may take the lease: it has a copy of the stored data, or cannot use it. */
  mayTake(keepsData: boolean): boolean;
  onTaken(taken: TakenLease): void;
  onLost(): void;
  /** Called if the store has lost data of this process while it has the lease. */
  onLostCommits(): void;
  onObserved(state: ObservedState): void;
  /**
   * Called when the lease becomes valid again, another process leads, or the store becomes available or unavailable.
   */
  onChange(): void;
  onStore(error: Error | undefined): void;
}

/** Options of a leader election. Times in milliseconds. */
interface ElectionOptions {
  readonly store: Pick<SharedStore, "format" | "readState" | "take" | "renew" | "catchUp" | "free">;
  readonly runtime: Runtime;
  /** LEASE. */
  readonly lease: number;
  /** The clock that dates readings; undefined while this process does not lead. */
  readonly leaderClock: () => number | undefined;
  /** The published data of this process; the address is empty while it does not answer. */
  readonly published: () => Pick<Renewal, "address" | "isWarm">;
}

/**
 * Keeps one of the processes leading. Four times per LEASE, and more often while no leader has a filled catalog, a beat
 * reads the lease in the store or, while this process has it, renews it:
 *
 * | this process | a beat | then |
 * | --- | --- | --- |
 * | follows | sees the lease renewed | it follows on |
 * | follows | sees it unchanged until it must have expired, or given up | it takes the lease, and leads (`onTaken`) |
 * | leads | renews the lease | it leads on |
 * | leads | finds that another process has the lease | it no longer leads (`onLost`) |
 *
 * `leader-lease.ts` decides each of these.
 */
export function createLeaderElection(options: ElectionOptions, events: ElectionEvents) {
  const { store, runtime, lease, leaderClock, published } = options;
  const now = createClockReader(runtime);
  const member = runtime.randomId();
  const sentAt = new Map<number, number>();
  let lastNonce = 0;
  let state: LeaseState = {};
  let held: HeldLease | undefined;
  /** The run of the store that has all data of the term; empty while data is being stored again. */
  let completeRun = "";
  /** Whether the store has lost data that is not stored again yet. */
  let isBehind = false;
  /** The latest time that the clock of an earlier leader can have shown, and when that was determined. */
  let axisOrigin = { at: 0, since: 0 };
  let echo: Readonly<Record<string, number>> = {};
  let storeTime = 0;
  let isStoreUp = true;
  /** Whether a leader with a filled catalog is known. */
  let isSettled = false;
  let takesLeases = true;
  let isClosed = false;
  let cancel = () => {};
  let beating: Promise<void> | undefined;

  const ownClock = () => leaderClock() ?? axis();

  /** Returns the leader's clock before this process starts its own. */
  function axis(): number {
    return axisOrigin.at + now().boottime - axisOrigin.since;
  }

  function drop(): void {
    held = undefined;
    state = {};
  }

  /** Records that the term has ended. */
  function lose(): void {
    if (!held) return;
    drop();
    events.onLost();
  }

  function beat(): void {
    if (isClosed) return;
    cancel();
    const begun = runtime.now();
    beating = (held ? renew(held) : readState()).then(() => noteStore(undefined), noteStore);
    void beating.then(() => {
      const left = lease / (isSettled ? 4 : 20) - (runtime.now() - begun);
      if (!isClosed) cancel = runtime.after(Math.max(left, lease / 20), beat);
    });
  }

  function noteStore(error: Error | undefined): void {
    const isUp = error === undefined;
    if (isUp === isStoreUp) return;
    isStoreUp = isUp;
    events.onStore(error);
    events.onChange();
  }

  async function readState(): Promise<void> {
    const nonce = ++lastNonce;
    sentAt.set(nonce, now().boottime);
    sentAt.delete(nonce - 100);
    const seen = await store.readState(member, nonce);
    if (held) return;
    const before = state.seen?.observed.lease;
    state = observe(state, seen, now(), lease, { member, sentAt });
    noteLeader(seen.lease);
    events.onObserved(seen);
    if (before?.token !== seen.lease?.token || before?.address !== seen.lease?.address) events.onChange();
    if (takesLeases && mayTake(state, now(), lease, store.format)) await take(seen);
  }

  async function take(seen: ObservedState): Promise<void> {
    const seenSince = state.seen?.since ?? 0;
    const bound = clockBound(state, now(), runtime.wall());
    const continues = isContinuous(seen);
    const keepsData = bound !== undefined && continues && seen.lease?.format === store.format;
    if (!events.mayTake(keepsData)) return;
    const { run, time } = seen;
    const token = runtime.randomId();
    const sent = now();
    const at = keepsData ? bound : 0;
    const isLossy = !continues && !isNewStore(seen);
    const ownRun = isLossy ? "" : run;
    const end = await store.take(seen.lease, { token, at, run, time, keepsData, ownRun });
    if (!end) return;
    // This process has stopped meanwhile.
    if (!takesLeases) return store.free({ token, at, time });
    held = { token, run, until: sent.boottime + lease };
    completeRun = ownRun;
    isBehind = false;
    axisOrigin = { at: Math.max(at, end.at), since: sent.boottime };
    echo = {};
    storeTime = time;
    events.onTaken({ token, end, keepsData, isContinuous: continues, isLossy, seenSince });
  }

  async function renew(before: HeldLease): Promise<void> {
    const { token } = before;
    const sent = now();
    const own = published();
    const renewal = { token, run: completeRun, at: ownClock(), time: storeTime, echo, ...own };
    const renewed = await store.renew(renewal);
    // The lease may have been given up meanwhile.
    if (held?.token !== token) return;
    const next = renewed && extendLease(held, { ...renewed, sent }, now(), lease);
    if (!renewed || !next) {
      lose();
      if (renewed?.hasLost) state = { lostSince: now().monotonic };
      return;
    }
    const heldBefore = isHeld(held, now());
    held = next;
    noteLeader(own);
    storeTime = renewed.time;
    echo = renewed.nonces;
    await noteRun(renewed, before);
    if (!heldBefore) events.onChange();
  }

  function noteLeader(leader: Pick<Renewal, "address" | "isWarm"> | undefined): void {
    isSettled = leader !== undefined && leader.address !== "" && leader.isWarm;
  }

  /** Notes whether the store has all data of the term: it does in a new run too, unless it has lost some. */
  async function noteRun({ run, hasLost }: RenewalResult, { token, run: before }: HeldLease): Promise<void> {
    if (run === before && !hasLost && !isBehind) return;
    isBehind ||= hasLost;
    if (isBehind) completeRun = "";
    else if (completeRun === before) completeRun = run;
    // If this answer gets lost, the store no longer reports the loss, so `isBehind` remembers it.
    if (!(await store.catchUp(token))) return;
    if (isBehind) events.onLostCommits();
    isBehind = false;
  }

  return {
    get isStoreUp() {
      return isStoreUp;
    },
    /** The last state of the store seen while another process has the lease. */
    get observed() {
      return held ? undefined : state.seen?.observed;
    },
    /** The milliseconds since the store was last read. */
    get observedAge() {
      return now().monotonic - (state.seen?.at ?? -Infinity);
    },
    /** The milliseconds since this process's lease expired while it may still be renewed; 0 otherwise. */
    get lateBy() {
      return held ? Math.max(0, now().boottime - held.until) : 0;
    },
    /** Returns whether this process has the lease of a term and it is valid now. */
    holds: (token: string): boolean => held?.token === token && isHeld(held, now()),
    /** Returns the latest time that the clock of the other leader can show; undefined if unknown, or there was none. */
    bound: (): number | undefined => state.seen?.observed.lease && clockBound(state, now(), runtime.wall()),
    /** Returns whether this process still considers the term its own. */
    keeps: (token: string): boolean => held?.token === token,
    axis,
    start: beat,
    /** Reads or renews the lease now. */
    hurry(): void {
      cancel();
      void beating?.then(beat);
    },
    /** Records that the store, in its current run, has all data of the term again. */
    noteAllStored(token: string): void {
      if (held?.token === token) completeRun = held.run;
    },
    /** Gives up the lease and takes no new one. */
    async leave(): Promise<void> {
      takesLeases = false;
      const [left, at] = [held, ownClock()];
      drop();
      if (left) await store.free({ token: left.token, at, time: storeTime });
    },
    lose,
    async close(): Promise<void> {
      isClosed = true;
      cancel();
      await beating;
    },
  };
}
