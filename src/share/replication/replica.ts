import type { Catalog } from "../../catalog/index.ts";
import type { LogEnd, ObservedState, Seal, SharedStore } from "../../store/index.ts";
import { StoreUnreachableError } from "../../store/index.ts";
import type { Runtime } from "../clock/runtime.ts";
import { storedEntries } from "./stored-entries.ts";

/** Options of a replica. */
interface ReplicaOptions {
  readonly store: SharedStore;
  readonly seal: Seal;
  readonly runtime: Runtime;
}

/** The delay, in milliseconds, before the store is asked again. */
const REPLICA_RETRY_DELAY = 250;

/**
 * Creates a copy of the leader's published data in `catalog`. It first loads all stored entries, then applies each
 * commit. It ends if it can no longer be sure to see every change: commits that it has not applied were deleted, or the
 * store was reset or restored. A new replica then starts with an empty catalog. `onProgress` is called when it is
 * loaded, after each commit, and when it ends.
 */
export function createReplica(
  { store, seal, runtime }: ReplicaOptions,
  catalog: Catalog,
  onProgress: () => void,
) {
  const entries = storedEntries(store, seal, catalog);
  let origin: (LogEnd & { readonly run: string }) | undefined;
  let isOver = false;
  let seq = 0;
  /** The number of the last commit known to be in the store. `wake` is called when it changes. */
  let announced = 0;
  let wake = () => {};

  /** Applies nothing more. */
  function stop(): void {
    if (isOver) return;
    isOver = true;
    wake();
    onProgress();
  }

  /** Records the number of the last commit in the store. The replica follows up to it. */
  function announce(last: number): void {
    announced = last;
    wake();
  }

  /** Loads all entries. One that is written meanwhile may be loaded old or new; its commit is applied afterwards. */
  async function load(): Promise<void> {
    const end = await store.logEnd();
    await entries.load(() => isOver);
    if (isOver) return;
    seq = end.seq;
    origin = end;
    onProgress();
  }

  async function step({ run, epoch }: LogEnd & { readonly run: string }): Promise<void> {
    if (announced <= seq) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      return;
    }
    const next = await store.follow(seq);
    if (next.run !== run || next.epoch !== epoch || next.prunedTo > seq || next.seq < seq) stop();
    if (next.seq === seq) announced = seq;
    if (isOver || next.seq === seq) return;
    const times = entries.timesIn(next.readings);
    const read = times.size > 0 ? await store.entriesOf([...times.keys()]) : [];
    if (isOver) return;
    await entries.apply([...next.entries, ...read], times);
    seq = next.seq;
    onProgress();
  }

  return {
    /** Whether it has all entries that were stored when it began. */
    get isLoaded() {
      return origin !== undefined;
    },
    /** Whether it has stopped following; it is then incomplete unless `stop` was called. */
    get isOver() {
      return isOver;
    },
    /** The number of the last applied commit. */
    get seq() {
      return seq;
    },

    /** Follows up to an observed state of the store. Ends if the store was reset or restored, or has lost commits. */
    check({ run, log, hasLost }: ObservedState): void {
      if (origin && (hasLost || run !== origin.run || log.epoch !== origin.epoch)) stop();
      announce(log.seq);
    },
    announce,

    /** Loads and follows until it ends. Throws the errors of the seal and of applying. */
    async follow(): Promise<void> {
      try {
        while (!isOver) {
          try {
            await (origin ? step(origin) : load());
          } catch (error) {
            if (!(error instanceof StoreUnreachableError)) throw error;
            await runtime.sleep(REPLICA_RETRY_DELAY);
          }
        }
      } finally {
        stop();
      }
    },

    stop,
  };
}

export type Replica = ReturnType<typeof createReplica>;
