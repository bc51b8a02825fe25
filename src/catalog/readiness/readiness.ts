import { AlmaError } from "../../alma/index.ts";
import type { Operation } from "../operation/operation.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { byKind, type Kind, kindDefinitions, kinds } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import type { Store } from "../store/store.ts";
import type { RecordStates } from "../store/table.ts";
import type { Demand } from "./demand.ts";

/** How many records the warm-up has read. */
interface ReadCount {
  readonly read: number;
  /** Undefined until it is known how many there are. */
  readonly of: number | undefined;
}

/** How far the warm-up of a kind is. */
interface KindProgress extends ReadCount {
  readonly kind: Kind;
  /** Why the last read of the list failed; it is tried again. */
  readonly failure?: string;
}

/** How far the warm-up is. */
export interface WarmUpProgress {
  /** Whether it is over, or there is no background work. */
  readonly warm: boolean;
  readonly kinds: readonly KindProgress[];
  /** Unlisted records that others refer to, if there are any. */
  readonly unlisted?: ReadCount;
}

/** What the warm-up reads; `isAgain` if it grew old while nobody asked for it. */
function reading(what: string, { read, of }: ReadCount, isAgain: boolean): string {
  const count = `(${read} of ${of ?? "an unknown number"} so far)`;
  return isAgain
    ? `Nobody has asked for them for an hour, so the gateway is reading ${what} again ${count}`
    : `The gateway has just started and is still reading ${what} ${count}`;
}

/** Why an explanation is not exact: the warm-up reads what the operation needs. */
function warmingDoubt(what: string, count: ReadCount, isAgain: boolean): string {
  return `${reading(what, count, isAgain)}. The query waits for them, and needs no calls of its own for them.`;
}

/** CATALOG_WARMING: an operation's time was up before the warm-up had read what it needs. */
function warmingError(what: string, count: ReadCount, isAgain: boolean): AlmaError {
  return new AlmaError(
    "CATALOG_WARMING",
    `${reading(what, count, isAgain)}, and this question needs them all. Ask again in a moment` +
      (isAgain ? "." : "; /health/ready shows the progress."),
    { retryAfter: 5 },
  );
}

/**
 * The order in which the warm-up reads. What the oldest operation waits for that still waits comes first, so that
 * nobody waits longer because others ask again and again. What nobody waits for comes last.
 *
 * `defaultOrder`: all states, in the order of reading while nobody waits.
 */
function createWarmUpOrder(defaultOrder: readonly WarmUpState[]) {
  /** By operation and state, the promise that the operation waits for; many of its fields may wait for one state. */
  const waits = new Map<Operation, Map<WarmUpState, Promise<void>>>();
  let states: readonly WarmUpState[] | undefined;
  /** Called when an operation begins to wait. */
  let onWait: (() => void) | undefined;

  /** When the oldest operation began that waits for a state; infinite if none does. */
  function awaitedSince(state: WarmUpState): number {
    let since = Number.POSITIVE_INFINITY;
    for (const [{ startedAt }, ofOperation] of waits)
      if (ofOperation.has(state)) since = Math.min(since, startedAt);
    return since;
  }

  return {
    set onWait(listener: () => void) {
      onWait = listener;
    },

    /** Whether an operation waits. */
    get isAwaited(): boolean {
      return waits.size > 0;
    },
    /** The states in the order of reading. */
    get states(): readonly WarmUpState[] {
      if (!states) {
        const times = new Map(defaultOrder.map((state) => [state, awaitedSince(state)]));
        const since = (state: WarmUpState) => times.get(state) as number;
        // The difference of two infinite times is no number: they are equal.
        states = [...defaultOrder].sort((a, b) => since(a) - since(b) || 0);
      }
      return states;
    },

    /**
     * Waits for a state on behalf of an operation, which counts until the state is done or the operation stops. Rejects
     * with its `stopReason` if it stops.
     */
    waitFor(state: WarmUpState, operation: Operation): Promise<void> {
      const own = waits.get(operation) ?? new Map<WarmUpState, Promise<void>>();
      waits.set(operation, own);
      let wait = own.get(state);
      if (!wait) {
        wait = operation.waitFor(state.whenDone).finally(() => {
          own.delete(state);
          if (own.size === 0) waits.delete(operation);
          states = undefined;
        });
        own.set(state, wait);
        states = undefined;
        onWait?.();
      }
      return wait;
    },
  };
}

/** How far the warm-up of one kind is, and a promise of its end. */
export class WarmUpState {
  /** Records still to be read, the next one last; undefined until the list is read. */
  queue: CachedRecord[] | undefined;
  readsUnderWay = 0;
  /** What was read after it need not be read. */
  cutoff = NEVER;
  isDone = false;
  /** Whether it was done once; it is not done any more while the kind wakes (see `Demand`). */
  wasDone = false;
  /** Whether the last read of the list failed. */
  isFailing = false;
  whenDone!: Promise<void>;
  #resolve!: () => void;

  constructor() {
    this.#begin();
  }

  finish(): void {
    this.isDone = true;
    this.wasDone = true;
    this.#resolve();
  }

  /** Begins again, with records that were read before `cutoff`. */
  reopen(queue: CachedRecord[], cutoff: number): void {
    this.queue = queue;
    this.cutoff = cutoff;
    this.isDone = false;
    this.#begin();
  }

  #begin(): void {
    this.whenDone = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}

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
