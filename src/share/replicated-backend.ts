import { AlmaError } from "../alma/index.ts";
import type { WriteIntent } from "../catalog/index.ts";
import type { Config } from "../config/index.ts";
import type { ObservedState, Seal, SharedStore } from "../store/index.ts";
import { StoreUnreachableError } from "../store/index.ts";
import type { Runtime } from "./clock/runtime.ts";
import { createReplica, type Replica } from "./replication/replica.ts";
import type { BackendLinks, SharedBackend } from "./shared-backend.ts";
import { createWriteIntents, settlingTimeOf, type WriteIntents } from "./write/write-intents.ts";

/** Options of a replicated backend. Times in milliseconds. */
export interface ReplicatedBackendOptions<B> {
  readonly store: SharedStore;
  readonly runtime: Runtime;
  readonly seal: Seal;
  readonly createBackend: (links: BackendLinks) => B;
  /** LEASE. */
  readonly lease: number;
  /** ALMA_TIMEOUT: how long a sent write may be in progress. */
  readonly almaTimeout: number;
  /** WRITE_SETTLING_TIME. */
  readonly writeSettlingTime: number;
  /** LEADER_WAIT. */
  readonly leaderWait: number;
  /** HISTORY_KEEP. */
  readonly historyKeep: Config["historyKeep"];
}

/** Throws the error for callers that ask for earlier changes while the store does not answer. */
function throwNoAnswer(cause: unknown): never {
  if (!(cause instanceof StoreUnreachableError)) throw cause;
  const message =
    "Earlier changes are in the store that all processes share, which does not answer. Try again in a moment.";
  throw new AlmaError("NO_LEADER", message, { cause, retryAfter: 1 });
}

/** Decides when the backend may call Alma, depending on the leadership. */
interface ReplicatedBackendEvents {
  /** Returns whether calls to Alma may be sent. */
  isOpen(isRead: boolean): boolean;
  /** Returns how long calls wait for permission at most, in milliseconds. */
  callWait(): number;
  onUnreadable(error: unknown): void;
}

/**
 * Holds the backend of this process (its catalog and its calls to Alma) and, while another process leads, the replica
 * that fills its catalog. If the replica ends before it has everything, both start empty again.
 */
export function createReplicatedBackend<B extends SharedBackend>(
  options: ReplicatedBackendOptions<B>,
  events: ReplicatedBackendEvents,
) {
  const { store, runtime, lease, almaTimeout, writeSettlingTime } = options;
  let replica: Replica | undefined;
  let follows = false;
  /** Called when the leader or the progress of the replica may have changed. */
  let waiting: (() => void)[] = [];
  let [backend, intents] = create();

  function create(): [B, WriteIntents] {
    const settlingTime = settlingTimeOf(writeSettlingTime, almaTimeout);
    const created = createWriteIntents({
      ...options,
      settlingTime,
      invalidatedWithin: almaTimeout + lease,
      storedWithin: 0,
    });
    const gate = {
      isOpen: (isRead: boolean) => intents === created && events.isOpen(isRead),
      nextChange: nextProgress,
      callWait: events.callWait,
    };
    return [options.createBackend({ gate, journal: created, storedKeys: created.keys }), created];
  }

  /** Creates a replica of the leader's published data and follows it. */
  function follow(): void {
    const copy = createReplica(options, backend.catalog, noteProgress);
    replica = copy;
    follows = true;
    void copy
      .follow()
      .catch(events.onUnreadable)
      .finally(() => {
        // A replica that has ended by itself is incomplete.
        if (replica !== copy) return;
        forget();
        follows = true;
        runtime.after(lease / 4, () => follows && !replica && follow());
      });
  }

  /** Stops following; known data stays. */
  function stopFollowing(): void {
    const copy = replica;
    replica = undefined;
    follows = false;
    copy?.stop();
  }

  /** Repeats a step until the store gives a readable answer; undefined if `isOver`. */
  async function retry<T>(isOver: () => boolean, step: () => Promise<T>): Promise<T | undefined> {
    while (!isOver()) {
      try {
        return await step();
      } catch (error) {
        if (!(error instanceof StoreUnreachableError)) events.onUnreadable(error);
        await runtime.sleep(lease / 4);
      }
    }
    return undefined;
  }

  /** Starts again with an empty backend. */
  function forget(): void {
    stopFollowing();
    intents.enter(undefined);
    void backend.close();
    [backend, intents] = create();
  }

  /** Notifies all waiters of a possible change. */
  function noteProgress(): void {
    const waited = waiting;
    waiting = [];
    for (const resolve of waited) resolve();
  }

  function nextProgress(): Promise<void> {
    return new Promise((resolve) => waiting.push(resolve));
  }

  return {
    get backend() {
      return backend;
    },
    get intents() {
      return intents;
    },
    /** The last commit that the replica has applied; undefined if there is no complete replica. */
    get seq() {
      return replica?.isLoaded && !replica.isOver ? replica.seq : undefined;
    },
    /** Ends the replica if it cannot continue from this state of the store. */
    check(observed: ObservedState): void {
      replica?.check(observed);
    },
    /** Lets the replica follow up to a commit now. */
    announce: (seq: number) => replica?.announce(seq),
    follow,
    stopFollowing,
    /** Returns the intents that earlier leaders left. Call it once their terms can begin no more writes. */
    leftIntents: async (isOver: () => boolean): Promise<readonly WriteIntent[]> =>
      (await retry(isOver, () => intents.left())) ?? [],
    /** Continues from the changes that earlier leaders have recorded. */
    async continueChanges(token: string, isOver: () => boolean): Promise<void> {
      const { changeSource } = backend.catalog;
      const past = await retry(isOver, () => store.beginChanges(token, changeSource.term));
      if (past)
        changeSource.continue(past, {
          hasCommit: (term, seq) => store.hasCommit(term, seq).catch(throwNoAnswer),
          changes: (query, until) => store.changes(query, until).catch(throwNoAnswer),
        });
    },
    forget,
    noteProgress,
    nextProgress,
  };
}
