import { AlmaError } from "../../alma/index.ts";
import type { Operation } from "../operation/operation.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { byKind, type Kind, kindDefinitions, kinds } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import type { RecordStates } from "../store/record-states.ts";
import type { Store } from "../store/store.ts";
import type { Demand } from "./demand.ts";
import {
  type KindProgress,
  type ReadCount,
  type WarmUpProgress,
  warmingDoubt,
  warmingError,
} from "./progress.ts";
import { createWarmUpOrder } from "./warm-up-order.ts";
import { WarmUpState } from "./warm-up-state.ts";

/** The kinds that have to be warm before it is known which unlisted records others refer to. */
export const REFERRING_KINDS: readonly Kind[] = kinds.filter(
  (kind) => Object.keys(kindDefinitions[kind].relations).length > 0,
);

/**
 * How far the warm-up is, and what operations wait for. `demand`: which kinds are kept young once they are warm.
 * `hasEntries`: whether the store has what an earlier process, or another one, has read.
 */
export function createReadiness(store: Store, demand: Demand, hasEntries: () => boolean) {
  const stateOf = byKind(() => new WarmUpState());
  /** The state of the unlisted records that others refer to. */
  const unlisted = new WarmUpState();
  /** The order of reading; while nobody waits that of `kinds`, and unlisted records come last. */
  const order = createWarmUpOrder([...Object.values(stateOf), unlisted]);

  /** Whether the warm-up of a kind is over, even if the kind has to wake since. */
  function isWarm(kind: Kind): boolean {
    return stateOf[kind].wasDone;
  }

  function isAllWarm(): boolean {
    return unlisted.isDone && kinds.every(isWarm);
  }

  function progressOf(kind: Kind): KindProgress {
    const { listed, listedStates, listFailure } = store.tables[kind];
    const { queue, wasDone, isFailing } = stateOf[kind];
    return {
      kind,
      read: wasDone ? listed.length : Math.min(countRead(listedStates), listed.length - (queue?.length ?? 0)),
      of: queue || wasDone ? listed.length : undefined,
      failure: isFailing ? listFailure?.error.message : undefined,
    };
  }

  function unlistedProgress(): ReadCount {
    if (!unlisted.queue) return { read: 0, of: undefined };
    const referred = kinds.map((kind) => store.tables[kind].referredStates);
    return { read: sum(referred.map(countRead)), of: sum(referred.map(({ size }) => size)) };
  }

  /**
   * Waits for the warm-up of a kind, or for its waking, on behalf of an operation that needs all its records. Returns
   * undefined if that is over, or if the reads of the list fail: the operation then reads the list itself, and gets the
   * error. Throws CATALOG_WARMING when the operation's time is up.
   */
  function waitForKind(kind: Kind, operation: Operation): Promise<void> | undefined {
    const state = stateOf[kind];
    const wouldWake = operation.explanation?.isDry === true && demand.isResting(kind);
    if ((state.isDone && !wouldWake) || state.isFailing || hasStale(kind, operation)) return undefined;
    const what = `all records of type ${store.tables[kind].definition.typeName}`;
    return wait([state], operation, what, () => (state.wasDone ? wakingProgressOf(kind) : progressOf(kind)));
  }

  function wakingProgressOf(kind: Kind): ReadCount {
    const { listedStates, referredStates } = store.tables[kind];
    const of = listedStates.size + referredStates.size;
    const { queue, isDone } = stateOf[kind];
    return { read: isDone ? 0 : of - (queue?.length ?? 0), of };
  }

  /** As `waitForKind`, for the unlisted records that others refer to; they are known once all of those are read. */
  function waitForUnlisted(operation: Operation): Promise<void> | undefined {
    if (unlisted.isDone || REFERRING_KINDS.some((kind) => stateOf[kind].isFailing)) return undefined;
    if (REFERRING_KINDS.every((kind) => hasStale(kind, operation))) return undefined;
    const what = "all records that others refer to and no list names";
    const unfinished = REFERRING_KINDS.map((kind) => stateOf[kind]).filter(({ isDone }) => !isDone);
    return wait([...unfinished, unlisted], operation, what, unlistedProgress);
  }

  /** Whether an operation accepts what an earlier process has read of a kind, of any age. */
  function hasStale(kind: Kind, { serveStale }: Operation): boolean {
    const { listAt, listedStates } = store.tables[kind];
    if (!serveStale || !hasEntries() || listAt === NEVER) return false;
    for (const { failure } of listedStates.unread) if (!failure) return false;
    return true;
  }

  async function wait(
    awaited: readonly WarmUpState[],
    operation: Operation,
    what: string,
    getProgress: () => ReadCount,
  ): Promise<void> {
    const { explanation } = operation;
    const isAgain = awaited.every(({ wasDone }) => wasDone);
    if (explanation?.isDry) return explanation.doubt(warmingDoubt(what, getProgress(), isAgain));
    try {
      await Promise.all(awaited.map((state) => order.waitFor(state, operation)));
    } catch (reason) {
      throw reason instanceof AlmaError && reason.code === "DEADLINE_EXCEEDED"
        ? warmingError(what, getProgress(), isAgain)
        : reason;
    }
  }

  return {
    demand,
    unlisted,
    order,
    stateOf,
    isWarm,
    /** Whether what an earlier process has read, and what it has not, is still being read. */
    get isCatchingUp(): boolean {
      return hasEntries() && !isAllWarm();
    },

    progress(): WarmUpProgress {
      const count = unlistedProgress();
      return {
        warm: isAllWarm(),
        kinds: kinds.map(progressOf),
        unlisted: count.of ? count : undefined,
      };
    },
    waitForKind,
    waitForUnlisted,

    /** As `waitForKind`, for these records. */
    waitForRecords(records: readonly CachedRecord[], operation: Operation): Promise<void> | undefined {
      const listedKinds = new Set(records.filter((cached) => cached.isListed).map(({ kind }) => kind));
      const waits = [...listedKinds].map((kind) => waitForKind(kind, operation));
      if (records.some((cached) => !cached.isListed)) waits.push(waitForUnlisted(operation));
      return waits.some(Boolean) ? Promise.all(waits).then(() => {}) : undefined;
    },
  };
}

export type Readiness = ReturnType<typeof createReadiness>;

const countRead = ({ size, unread }: RecordStates): number => size - unread.size;
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
