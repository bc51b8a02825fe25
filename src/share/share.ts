import type { Log } from "../config/index.ts";
import { createLeaderElection } from "./leadership/leader-election.ts";
import type { TakenLease } from "./leadership/leader-lease.ts";
import { LEAVING_LEADER_TIME, type Leader } from "./leadership/leadership.ts";
import { createReplicatedBackend, type ReplicatedBackendOptions } from "./replicated-backend.ts";
import { createTerm, type Term } from "./replication/term.ts";
import { createShareMessages } from "./share-log.ts";
import type { SharedBackend } from "./shared-backend.ts";
import { markKey } from "./write/write-intents.ts";

/** Milliseconds for which readings are gathered: each commit is five statements of three processes. */
const POSTGRES_READ_TIMES_DELAY = 3_000;

/** The state of one of several processes, for metrics and readiness. */
export interface ShareState {
  readonly role: "leader" | "standby";
  /** Whether it leads and its lease holds: of all processes, no two at once. */
  readonly hasLease: boolean;
  /** Whether the store has answered last. */
  readonly isStoreUp: boolean;
  /** Whether the store refuses values of this leader, as it does while it is full. */
  readonly isRefused: boolean;
  /** What is wrong with the store that this process leads with, in words for operators. */
  readonly storeProblem?: string;
  /** How many commits a standby has still to apply. */
  readonly lag: number;
  /** How many terms this process has begun. */
  readonly terms: number;
  /** Whether it leads and knows everything, or has a copy of what the leader knows and reaches the store. */
  readonly isReady: boolean;
}

/** What is shared, and how. */
export interface ShareOptions<B> extends ReplicatedBackendOptions<B> {
  readonly log: Log;
}

/**
 * One of several processes that share a store. One of them leads: it reads Alma, writes, and publishes what it
 * learns. The others keep a copy, and one of them leads when they have seen the lease unchanged for so long that it is
 * over. A process that leads no longer begins again with nothing, since what it knows beyond what it has published is
 * in the order of no other clock.
 */
export function createShare<B extends SharedBackend>(options: ShareOptions<B>) {
  const { store, runtime, lease, almaTimeout } = options;
  const say = createShareMessages(options.log);
  const listeners = new Set<() => void>();
  let term: Term | undefined;
  /** Resolves when the store has all that the next leader needs. */
  let whole: Promise<unknown> = Promise.resolve();
  let ownAddress = "";
  /** When it began to leave, by the clock of its runtime. */
  let leftAt = Number.POSITIVE_INFINITY;
  /** Whether it begins no read any more: each is made once, by the next leader. */
  let isHandingOver = false;
  let isClosed = false;
  let terms = 0;

  const isLeaving = () => leftAt !== Number.POSITIVE_INFINITY;
  const hasLease = () => term !== undefined && election.holds(term.token);

  const replicated = createReplicatedBackend(options, {
    isOpen: (isRead) => (isRead ? hasLease() && !isHandingOver : hasLease() || (isLeaving() && !term)),
    callWait: () => (term ? Math.max(0, options.leaderWait - election.lateBy) : 0),
    onUnreadable: say.unreadable,
  });
  const election = createLeaderElection(
    {
      ...{ store, lease, runtime },
      leaderClock: () => (term ? replicated.backend.catalog.clock() : undefined),
      published: () => ({
        address: term ? ownAddress : "",
        isWarm: replicated.backend.catalog.progress().warm,
      }),
    },
    {
      mayTake: (isWhole) => !isWhole || replicated.seq !== undefined,
      onTaken: (taken) => void begin(taken),
      onLost: () => endTerm("another process leads, or the store has lost its lease"),
      onLostCommits: restore,
      onLook: replicated.check,
      onChange: noteChange,
      onStore: say.store,
    },
  );

  function noteChange(): void {
    for (const listener of [...listeners]) listener();
    replicated.noteProgress();
  }

  /** Begins no mutation and no term any more. */
  function leave(): void {
    leftAt = Math.min(leftAt, runtime.now());
    noteChange();
  }

  /**
   * Ends the term once the reads under way are over and all is published, so that another process leads at once and
   * reads nothing again; within LEASE in any case.
   */
  async function handOver(): Promise<void> {
    leave();
    const left = term;
    isHandingOver = true;
    const { intents, backend } = replicated;
    await inTime(Promise.all([backend.stopBackgroundWork(), intents.whenRemoved()]));
    if (left) await inTime(left.publisher.publish());
    await election.leave().catch(() => {});
    if (left && term === left) endTerm("it leaves");
  }

  /** Waits for what a hand-over needs, and not for long. */
  async function inTime(work: Promise<unknown>): Promise<void> {
    await Promise.race([work.catch(() => {}), runtime.sleep(lease / 2)]);
  }

  /** Begins to lead, when all that earlier leaders have published is known. */
  async function begin({ token, end, isContinuous, isLossy, isWhole, seenSince }: TakenLease): Promise<void> {
    const isOver = () => isClosed || !election.keeps(token);
    if (isWhole) replicated.announce(end.seq);
    else replicated.forget();
    // Whoever steps in has not waited until the lease before is over.
    if (isLossy) await runtime.sleep(Math.max(0, seenSince + lease + lease / 20 - runtime.now()));
    while (isWhole && !isOver() && !((replicated.seq ?? -1) >= end.seq)) await replicated.nextProgress();
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
      isLeaving: () => runtime.now() - leftAt > LEAVING_LEADER_TIME,
      onRefusal: say.refusal,
      onLeftOut: say.leftOut,
      onOver: () => election.keeps(token) && election.lose(),
      onChange: noteChange,
    });
    for (const intent of left) backend.noteEarlierWrite(intent);
    intents.enter(begun);
    intents.endLater(left);
    term = begun;
    terms++;
    backend.lead();
    say.leads(isWhole, begun.writesIn());
    noteChange();
    becomeWhole(
      begun,
      runtime.sleep(begun.writesIn()).then(() => {
        // By now, all has arrived that leaders have sent whose intents the store has lost.
        if (isLossy && term === begun) backend.catalog.invalidateAll();
      }),
    );
    election.hurry();
  }

  /** Lets the next leader go on from the store once this work is done, and all such work before. */
  function becomeWhole({ token }: Term, work: Promise<unknown>): void {
    const all = Promise.all([whole.catch(() => {}), work]);
    whole = all;
    all.then(
      () => whole === all && election.noteWhole(token),
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
    say.commitsLost();
    restored.delayWrites(almaTimeout + lease);
    replicated.backend.catalog.changeSource.noteLoss();
    noteChange();
    becomeWhole(
      restored,
      restored.publisher.publishAll().then(() => replicated.intents.storeAgain(restored)),
    );
  }

  function endTerm(why: string): void {
    if (term) say.leadsNoLonger(why);
    term?.stop();
    term = undefined;
    if (isLeaving()) {
      // What is under way here began before the next leader, and may end.
      replicated.intents.enter(undefined);
      void replicated.backend.stopBackgroundWork();
    } else {
      replicated.forget();
      replicated.follow();
    }
    noteChange();
  }

  return {
    /** The part of the gateway that answers while this process leads. */
    get backend(): B {
      return replicated.backend;
    },
    hasLease,
    beginsMutations: () => !isLeaving() && hasLease() && term?.writesIn() === 0,
    leaves: () => isLeaving() && term !== undefined,
    term: () => term?.token,
    leader(): Leader | undefined {
      const seen = election.look?.lease;
      if (!seen?.address) return undefined;
      return { address: seen.address, term: seen.token, isWarm: seen.isWarm };
    },
    answersStale() {
      const bound = replicated.seq === undefined ? undefined : election.bound();
      if (!term && bound !== undefined) replicated.backend.startClock(bound);
      return term !== undefined || bound !== undefined;
    },
    find: async (forwardingId: string): Promise<boolean> =>
      (await store.kept(markKey(forwardingId))) !== undefined,
    onChange(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    state(): ShareState {
      const { look, lookAge, isStoreUp } = election;
      const { seq } = replicated;
      return {
        role: term ? "leader" : "standby",
        hasLease: hasLease(),
        isStoreUp,
        isRefused: term?.publisher.sender.isRefused ?? false,
        storeProblem: term?.publisher.sender.problem,
        lag: term || !look ? 0 : Math.max(0, look.log.seq - (seq ?? 0)),
        terms,
        isReady: term
          ? hasLease() && replicated.backend.catalog.progress().warm
          : seq !== undefined && lookAge < lease,
      };
    },
    /** Begins to follow, and to lead when nobody does. `address` is published of this process while it leads. */
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
      await replicated.backend.retire();
    },
  };
}
