import type { Log } from "../config/index.ts";
import { createLeaderElection } from "./leadership/leader-election.ts";
import type { TakenLease } from "./leadership/leader-lease.ts";
import { LEAVING_LEADER_TIME, type Leader } from "./leadership/leadership.ts";
import { createReplicatedBackend, type ReplicatedBackendOptions } from "./replicated-backend.ts";
import { createTerm, type Term } from "./replication/term.ts";
import { createShareMessages } from "./share-log.ts";
import type { SharedBackend } from "./shared-backend.ts";
import { markKey } from "./write/write-intents.ts";

/** How long read times are collected, in milliseconds, since each commit costs five statements of three processes. */
const POSTGRES_READ_TIMES_DELAY = 3_000;

/** The state of one of several processes, for metrics and readiness. */
export interface ShareState {
  readonly role: "leader" | "standby";
  /** Whether it leads and its lease is valid. At most one process has it. */
  readonly hasLease: boolean;
  /** Whether the last call to the store was answered. */
  readonly isStoreUp: boolean;
  /** Whether the store refuses values of this leader, for example because it is full. */
  readonly isRefused: boolean;
  /** A problem of the leader's store, described for operators. */
  readonly storeProblem?: string;
  /** The number of commits that a standby still has to apply. */
  readonly lag: number;
  /** The number of terms this process has begun. */
  readonly terms: number;
  /** Whether it leads with a filled catalog, or has a copy of the leader's data and reaches the store. */
  readonly isReady: boolean;
}

/** Options for sharing a store. */
interface ShareOptions<B> extends ReplicatedBackendOptions<B> {
  readonly log: Log;
}

/**
 * Creates one of several processes that share a store. One process leads: it reads Alma, writes, and publishes what it
 * learns. The others keep a copy; one of them takes over when the lease has been unchanged for so long that it must
 * have expired. A process that loses the leadership starts with an empty catalog again, because the clock of the next
 * leader cannot date what it read and did not publish. The states of a process:
 *
 * | state | when | it |
 * | --- | --- | --- |
 * | standby | another process leads, or none does | copies the leader's data, and forwards requests |
 * | begins | it has taken the lease (`begin`) | applies the last commits, and reads intents left by earlier leaders |
 * | leads | then | reads Alma, writes and answers |
 * | leaves | it stops (`leave`, `handOver`) | finishes its mutations, publishes everything, and gives up the lease |
 */
export function createShare<B extends SharedBackend>(options: ShareOptions<B>) {
  const { store, runtime, lease, almaTimeout } = options;
  const messages = createShareMessages(options.log);
  const listeners = new Set<() => void>();
  let term: Term | undefined;
  /** Resolves when the store has all data that the next leader needs to continue. */
  let allStored: Promise<unknown> = Promise.resolve();
  let ownAddress = "";
  /** When it began to stop, by the clock of its runtime. */
  let leftAt = Infinity;
  /** Whether it leaves further reads to the next leader. */
  let isHandingOver = false;
  let isClosed = false;
  let terms = 0;

  const isLeaving = () => leftAt !== Infinity;
  const hasLease = () => term !== undefined && election.holds(term.token);

  const replicated = createReplicatedBackend(options, {
    isOpen: (isRead) => (isRead ? hasLease() && !isHandingOver : hasLease() || (isLeaving() && !term)),
    callWait: () => (term ? Math.max(0, options.leaderWait - election.lateBy) : 0),
    onUnreadable: messages.unreadable,
  });
  const election = createLeaderElection(
    {
      store,
      lease,
      runtime,
      leaderClock: () => (term ? replicated.backend.catalog.clock() : undefined),
      published: () => ({
        address: term ? ownAddress : "",
        isWarm: replicated.backend.catalog.progress().warm,
      }),
    },
    {
      mayTake: (keepsData) => !keepsData || replicated.seq !== undefined,
      onTaken: (taken) => void begin(taken),
      onLost: () => endTerm("another process leads, or the store has lost its lease"),
      onLostCommits: restore,
      onObserved: replicated.check,
      onChange: noteChange,
      onStore: messages.store,
    },
  );

  function noteChange(): void {
    for (const listener of [...listeners]) listener();
    replicated.noteProgress();
  }

  /** Starts no more mutations and terms. */
  function leave(): void {
    leftAt = Math.min(leftAt, runtime.now());
    noteChange();
  }

  /**
   * Ends the term once the reads in progress have ended and everything is published, so that the next leader begins
   * immediately and reads nothing again. Takes at most a LEASE.
   */
  async function handOver(): Promise<void> {
    leave();
    const left = term;
    isHandingOver = true;
    const { intents, backend } = replicated;
    await inTime(Promise.all([backend.catalog.stopBackgroundWork(), intents.whenRemoved()]));
    if (left) await inTime(left.publisher.publish());
    await election.leave().catch(() => {});
    if (left && term === left) endTerm("it leaves");
  }

  /** Waits for work of a hand-over, for a limited time. */
  async function inTime(work: Promise<unknown>): Promise<void> {
    await Promise.race([work.catch(() => {}), runtime.sleep(lease / 2)]);
  }

  /** Begins to lead, once this process has all data that earlier leaders have published. */
  async function begin({
    token,
    end,
    isContinuous,
    isLossy,
    keepsData,
    seenSince,
  }: TakenLease): Promise<void> {
    const isOver = () => isClosed || !election.keeps(token);
    if (keepsData) replicated.announce(end.seq);
    else replicated.forget();
    // After a loss of data, this process took over early. Wait until the previous lease has expired.
    if (isLossy) await runtime.sleep(Math.max(0, seenSince + lease + lease / 20 - runtime.now()));
    while (keepsData && !isOver() && !((replicated.seq ?? -1) >= end.seq)) await replicated.nextProgress();
    const left = await replicated.leftIntents(isOver);
    await replicated.continueChanges(token, isOver);
    if (isOver()) return;
    replicated.stopFollowing();
    const { backend, intents } = replicated;
    backend.startClock(election.axis());
    const begun = createTerm({
      ...options,
      catalog: backend.catalog,
      token,
      seq: end.seq,
      readTimesDelay: POSTGRES_READ_TIMES_DELAY,
      hasMentions: true,
      writesIn: isContinuous ? 0 : Math.max(0, seenSince + almaTimeout + lease - runtime.now()),
      hasLease: election.holds,
      refusesWrites: () => runtime.now() - leftAt > LEAVING_LEADER_TIME,
      onRefusal: messages.refusal,
      onLeftOut: messages.leftOut,
      onOver: () => election.keeps(token) && election.lose(),
      onChange: noteChange,
    });
    for (const intent of left) backend.noteEarlierWrite(intent);
    intents.enter(begun);
    intents.endLater(left);
    term = begun;
    terms++;
    backend.catalog.start();
    messages.leads(keepsData, begun.writesIn());
    noteChange();
    noteStoredAfter(
      begun,
      runtime.sleep(begun.writesIn()).then(() => {
        // By now, Alma has received every write whose intent the store has lost.
        if (isLossy && term === begun) backend.catalog.invalidateAll();
      }),
    );
    election.hurry();
  }

  /** Notes that the store has all data again once this work, and all such work before, is done. */
  function noteStoredAfter({ token }: Term, work: Promise<unknown>): void {
    const all = Promise.all([allStored.catch(() => {}), work]);
    allStored = all;
    all.then(
      () => allStored === all && election.noteAllStored(token),
      () => {},
    );
  }

  /** Publishes everything again, since the store may have lost the last commits; writes wait meanwhile. */
  function restore(): void {
    const restored = term;
    if (!restored) {
      election.lose();
      return;
    }
    messages.commitsLost();
    restored.delayWrites(almaTimeout + lease);
    replicated.backend.catalog.changeSource.noteLoss();
    noteChange();
    noteStoredAfter(
      restored,
      restored.publisher.publishAll().then(() => replicated.intents.storeAgain(restored)),
    );
  }

  function endTerm(why: string): void {
    if (term) messages.leadsNoLonger(why);
    term?.stop();
    term = undefined;
    if (isLeaving()) {
      // Writes in progress here began before the next term and may end.
      replicated.intents.enter(undefined);
      void replicated.backend.catalog.stopBackgroundWork();
    } else {
      replicated.forget();
      replicated.follow();
    }
    noteChange();
  }

  return {
    /** The backend that answers while this process leads. */
    get backend(): B {
      return replicated.backend;
    },
    hasLease,
    beginsMutations: () => !isLeaving() && hasLease() && term?.writesIn() === 0,
    leaves: () => isLeaving() && term !== undefined,
    term: () => term?.token,
    leader(): Leader | undefined {
      const seen = election.observed?.lease;
      if (!seen?.address) return undefined;
      return { address: seen.address, term: seen.token, isWarm: seen.isWarm };
    },
    beginStaleAnswers() {
      const bound = replicated.seq === undefined ? undefined : election.bound();
      if (!term && bound !== undefined) replicated.backend.startClock(bound);
      return term !== undefined || bound !== undefined;
    },
    find: async (forwardingId: string): Promise<boolean> =>
      (await store.findValue(markKey(forwardingId))) !== undefined,
    onChange(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    state(): ShareState {
      const { observed, observedAge, isStoreUp } = election;
      const { seq } = replicated;
      return {
        role: term ? "leader" : "standby",
        hasLease: hasLease(),
        isStoreUp,
        isRefused: term?.publisher.sender.isRefused ?? false,
        storeProblem: term?.publisher.sender.problem,
        lag: term || !observed ? 0 : Math.max(0, observed.log.seq - (seq ?? 0)),
        terms,
        isReady: term
          ? hasLease() && replicated.backend.catalog.progress().warm
          : seq !== undefined && observedAge < lease,
      };
    },
    /** Starts following, and leading when nobody leads. `address`: published while this process leads. */
    start(address: string): void {
      ownAddress = address;
      replicated.follow();
      election.start();
    },
    leave,
    handOver,
    async close(): Promise<void> {
      await handOver();
      isClosed = true;
      replicated.stopFollowing();
      await election.close();
      store.close();
      await replicated.backend.close();
    },
  };
}
