import type { Catalog } from "../../catalog/index.ts";
import type { LogEnd, Look, Seal, SharedStore } from "../../store/index.ts";
import { StoreUnreachable } from "../../store/index.ts";
import type { Runtime } from "../clock/runtime.ts";
import { storedEntries } from "./stored-entries.ts";

/** What a copy is read with. */
interface ReplicaOptions {
  readonly store: SharedStore;
  readonly seal: Seal;
  readonly runtime: Runtime;
}

/** Milliseconds after which a store that did not answer is asked again. */
const RETRY_DELAY = 250;

/**
 * A copy of what the leader has published: it loads the stored entries, and follows the commits from then on. It ends
 * where it is too late to learn what was removed, and where the entries or the store itself are others than it has
 * followed. Another replica then begins with nothing. `onProgress` is called when it is loaded, after each commit, and
 * when it is over.
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
  /** The last commit that the store has announced, and what waits for another one. */
  let announced = 0;
  let wake = () => {};

  /** It applies nothing more. */
  function stop(): void {
    if (isOver) return;
    isOver = true;
    wake();
    onProgress();
  }

  /** Notes the last commit of the store, up to which it follows. */
  function announce(last: number): void {
    announced = last;
    wake();
  }

  /** Of entries that are written meanwhile, it applies the old or the new value, and then the commit. */
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
    /** Whether it has everything that was stored when it began. */
    get isLoaded() {
      return origin !== undefined;
    },
    /** Whether it follows no longer, and is not whole unless it was stopped. */
    get isOver() {
      return isOver;
    },
    /** The number of the last commit that it has applied. */
    get seq() {
      return seq;
    },

    /**
     * Follows what a look at the store has shown, and ends if that has another sequence of commits, or has lost some.
     */
    check({ run, log, hasLost }: Pick<Look, "run" | "log" | "hasLost">): void {
      if (origin && (hasLost || run !== origin.run || log.epoch !== origin.epoch)) stop();
      announce(log.seq);
    },
    announce,

    /** Loads and follows until it is over. Throws what the seal throws, and what applying throws. */
    async follow(): Promise<void> {
      try {
        while (!isOver) {
          try {
            await (origin ? step(origin) : load());
          } catch (error) {
            if (!(error instanceof StoreUnreachable)) throw error;
            await runtime.sleep(RETRY_DELAY);
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
