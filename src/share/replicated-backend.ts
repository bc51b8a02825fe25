import { AlmaError } from "../alma/index.ts";
import type { WriteIntent } from "../catalog/index.ts";
import type { Config } from "../config/index.ts";
import type { Look, Seal, SharedStore } from "../store/index.ts";
import { StoreUnreachable } from "../store/index.ts";
import type { Runtime } from "./clock/runtime.ts";
import { createReplica, type Replica } from "./replication/replica.ts";
import type { BackendLinks, SharedBackend } from "./shared-backend.ts";
import { createWriteIntents, settlingTimeOf, type WriteIntents } from "./write/write-intents.ts";

/** What a holding is made with. Times in milliseconds. */
export interface ReplicatedBackendOptions<B> {
  readonly store: SharedStore;
  readonly runtime: Runtime;
  readonly seal: Seal;
  readonly createBackend: (links: BackendLinks) => B;
  /** LEASE. */
  readonly lease: number;
  /** ALMA_TIMEOUT: for so long, a write that was sent may be under way. */
  readonly almaTimeout: number;
  /** WRITE_SETTLING_TIME. */
  readonly writeSettlingTime: number;
  /** LEADER_WAIT. */
  readonly leaderWait: number;
  /** HISTORY_KEEP. */
  readonly historyKeep: Config["historyKeep"];
}

/** Throws the error for callers while the store, which has the earlier changes, does not answer. */
function explainSilence(cause: unknown): never {
  if (!(cause instanceof StoreUnreachable)) throw cause;
  const message =
    "Earlier changes are in the store that all processes share, which does not answer. Try again in a moment.";
  throw new AlmaError("NO_LEADER", message, { cause, retryAfter: 1 });
}

/** How a holding depends on who leads. */
export interface ReplicatedBackendEvents {
  /** Whether calls to Alma may be sent. */
  isOpen(isRead: boolean): boolean;
  /** Milliseconds for which they wait for that at most. */
  callWait(): number;
  onUnreadable(error: unknown): void;
}

/**
 * What this process knows: the backend, and while another process leads, the copy in it that follows that. It begins
 * again with nothing where the copy is not whole.
 */
export function createReplicatedBackend<B extends SharedBackend>(
  options: ReplicatedBackendOptions<B>,
  events: ReplicatedBackendEvents,
) {
  const { store, runtime, lease, almaTimeout, writeSettlingTime } = options;
  let replica: Replica | undefined;
  let follows = false;
  /** Resolves when who leads, or how far the copy is, may have changed. */
  let waiting: (() => void)[] = [];
  let [backend, intents] = create();

  function create(): [B, WriteIntents] {
    const settlingTime = settlingTimeOf(writeSettlingTime, almaTimeout);
    const created = createWriteIntents({ ...options, settlingTime, touchedWithin: almaTimeout + lease });
    const gate = {
      isOpen: (isRead: boolean) => intents === created && events.isOpen(isRead),
      nextChange: nextProgress,
      callWait: events.callWait,
    };
    return [options.createBackend({ gate, journal: created, storedKeys: created.keys }), created];
  }

  /** Makes a copy of what the leader publishes, and goes on with that. */
  function follow(): void {
    const copy = createReplica(options, backend.catalog, noteProgress);
    replica = copy;
    follows = true;
    void copy
      .follow()
      .catch(events.onUnreadable)
      .finally(() => {
        // One that has ended by itself is not whole.
        if (replica !== copy) return;
        forget();
        follows = true;
        runtime.after(lease / 4, () => follows && !replica && follow());
      });
  }

  /** Follows no longer; what is known stays. */
  function stopFollowing(): void {
    const copy = replica;
    replica = undefined;
    follows = false;
    copy?.stop();
  }

  /** Takes a step again while the store gives no answer, or one that cannot be read; undefined if `isOver`. */
  async function insist<T>(isOver: () => boolean, step: () => Promise<T>): Promise<T | undefined> {
    while (!isOver()) {
      try {
        return await step();
      } catch (error) {
        if (!(error instanceof StoreUnreachable)) events.onUnreadable(error);
        await runtime.sleep(lease / 4);
      }
    }
    return undefined;
  }

  /** Begins again with nothing. */
  function forget(): void {
    stopFollowing();
    intents.enter(undefined);
    void backend.retire();
    [backend, intents] = create();
  }

  /** Tells all who wait that something may have changed. */
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
    /** The last commit that the copy has; undefined while there is no copy, or it is not whole. */
    get seq() {
      return replica?.isLoaded && !replica.isOver ? replica.seq : undefined;
    },
    /** Ends the copy if the store has other commits than it follows. */
    check(look: Look): void {
      replica?.check(look);
    },
    /** Lets the copy follow up to a commit now. */
    announce: (seq: number) => replica?.announce(seq),
    follow,
    stopFollowing,
    /** What earlier leaders have begun to write, once no more can be begun in their terms; nothing if `isOver`. */
    leftIntents: async (isOver: () => boolean): Promise<readonly WriteIntent[]> =>
      (await insist(isOver, () => intents.left())) ?? [],
    /** Goes on from the changes that earlier leaders have seen. */
    async continueChanges(token: string, isOver: () => boolean): Promise<void> {
      const { changeSource } = backend.catalog;
      const past = await insist(isOver, () => store.beginChanges(token, changeSource.term));
      if (past)
        changeSource.continue(past, {
          hasCommit: (term, seq) => store.hasCommit(term, seq).catch(explainSilence),
          changes: (query, until) => store.changes(query, until).catch(explainSilence),
        });
    },
    forget,
    noteProgress,
    nextProgress,
  };
}
