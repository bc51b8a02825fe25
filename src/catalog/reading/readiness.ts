import { AlmaError } from "../../alma/index.ts";
import type { Operation } from "../operation/operation.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { byKind, type Kind, kindDefinitions, kinds } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import type { Store } from "../store/store.ts";
import type { RecordStates } from "../store/table.ts";

/** The records read by the warm-up. */
interface ReadCount {
  readonly read: number;
  /** The number of records; undefined until known. */
  readonly of: number | undefined;
}

/** The progress of one kind. */
interface KindProgress extends ReadCount {
  readonly kind: Kind;
  /** Why the last read of the list failed. It is retried. */
  readonly failure?: string;
}

/** The progress of the warm-up. */
export interface WarmUpProgress {
  /** Whether the warm-up is finished, or there is no background work. */
  readonly warm: boolean;
  readonly kinds: readonly KindProgress[];
  /** Unlisted records that others refer to, if any. */
  readonly unlisted?: ReadCount;
}

/** The progress of one kind, with a promise of its end. */
export class WarmUpState {
  /** The records still to be read, the next one last; undefined until the list is read. */
  queue: CachedRecord[] | undefined;
  readsInProgress = 0;
  /** Data read after this time need not be read again. */
  cutoff = NEVER;
  isDone = false;
  /** Whether the last read of the list failed. */
  isFailing = false;
  readonly whenDone: Promise<void>;
  #resolve!: () => void;

  constructor() {
    this.whenDone = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  finish(): void {
    this.isDone = true;
    this.#resolve();
  }
}

/** The kinds that must be warm before the unlisted records that others refer to are known. */
export const REFERRING_KINDS: readonly Kind[] = kinds.filter(
  (kind) => Object.keys(kindDefinitions[kind].relations).length > 0,
);

/**
 * Tracks the progress of the warm-up, and which kinds operations wait for. `hasEntries`: whether the store has data
 * read by an earlier or another process.
 */
export function createReadiness(store: Store, hasEntries: () => boolean) {
  const stateOf = byKind(() => new WarmUpState());
  /** The state of the unlisted records that others refer to. */
  const unlisted = new WarmUpState();
  /** The number of waiting operations per state, in the order in which the states were first requested. */
  const waits = new Map<WarmUpState, number>();
  /** Called when an operation starts to wait. */
  let onWait: (() => void) | undefined;

  const isWarm = (kind: Kind) => stateOf[kind].isDone;
  const isAllWarm = () => unlisted.isDone && kinds.every(isWarm);

  function progressOf(kind: Kind): KindProgress {
    const { listed, listedStates, listFailure } = store.tables[kind];
    const { queue, isDone, isFailing } = stateOf[kind];
    return {
      kind,
      read: isDone ? listed.length : Math.min(countRead(listedStates), listed.length - (queue?.length ?? 0)),
      of: queue || isDone ? listed.length : undefined,
      failure: isFailing ? listFailure?.error.message : undefined,
    };
  }

  function unlistedProgress(): ReadCount {
    if (!unlisted.queue) return { read: 0, of: undefined };
    const referred = kinds.map((kind) => store.tables[kind].referredStates);
    return { read: sum(referred.map(countRead)), of: sum(referred.map(({ size }) => size)) };
  }

  /**
   * Waits for the warm-up of a kind, for an operation that needs all its records. Returns undefined if the warm-up is
   * finished, or if reads of the list fail: the operation then reads the list itself and gets the error. Throws
   * CATALOG_WARMING at the operation's deadline.
   */
  function waitForKind(kind: Kind, operation: Operation) {
    const state = stateOf[kind];
    if (state.isDone || state.isFailing || hasStale(kind, operation)) return undefined;
    const what = `all records of type ${store.tables[kind].definition.typeName}`;
    return wait([state], operation, what, () => progressOf(kind));
  }

  /**
   * Like `waitForKind`, for the unlisted records that others refer to. They are known once all other records are read.
   */
  function waitForUnlisted(operation: Operation) {
    if (unlisted.isDone || REFERRING_KINDS.some((kind) => stateOf[kind].isFailing)) return undefined;
    if (REFERRING_KINDS.every((kind) => hasStale(kind, operation))) return undefined;
    const what = "all records that others refer to and no list names";
    const unfinished = REFERRING_KINDS.map((kind) => stateOf[kind]).filter(({ isDone }) => !isDone);
    return wait([...unfinished, unlisted], operation, what, unlistedProgress);
  }

  /** Returns whether an operation accepts data of an earlier process, of any age. */
  function hasStale(kind: Kind, { serveStale }: Operation) {
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
  ) {
    const { explanation } = operation;
    const describe = () => {
      const { read, of = "an unknown number" } = getProgress();
      return `The gateway has just started and is still reading ${what} (${read} of ${of} so far)`;
    };
    if (explanation?.isDry)
      return explanation.doubt(
        `${describe()}. The query waits for them, and needs no calls of its own for them.`,
      );
    try {
      await Promise.all(awaited.map((state) => waitFor(state, operation)));
    } catch (reason) {
      if (!(reason instanceof AlmaError) || reason.code !== "DEADLINE_EXCEEDED") throw reason;
      const message = `${describe()}, and this query needs them all. Ask again in a moment; /health/ready shows the progress.`;
      throw new AlmaError("CATALOG_WARMING", message, { retryAfter: 5 });
    }
  }

  /** Rejects with the operation's `stopReason` if it stops. */
  async function waitFor(state: WarmUpState, operation: Operation) {
    waits.set(state, (waits.get(state) ?? 0) + 1);
    onWait?.();
    try {
      await operation.waitFor(state.whenDone);
    } finally {
      const left = (waits.get(state) ?? 0) - 1;
      if (left > 0) waits.set(state, left);
      else waits.delete(state);
    }
  }

  return {
    unlisted,
    stateOf,
    isWarm,
    isAllWarm,
    set onWait(listener: () => void) {
      onWait = listener;
    },
    /** Whether any operation waits. */
    get isAwaited(): boolean {
      return waits.size > 0;
    },
    /** The states in reading order: first those that operations wait for, last the unlisted records. */
    get states(): readonly WarmUpState[] {
      return [...new Set([...waits.keys(), ...Object.values(stateOf), unlisted])];
    },
    /** Whether data of an earlier process is still being completed and read again. */
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

    /** Like `waitForKind`, for these records. */
    waitForRecords(records: readonly CachedRecord[], operation: Operation): Promise<void> | undefined {
      const listedKinds = new Set(records.filter((cached) => cached.isListed).map(({ kind }) => kind));
      const waits = [...listedKinds].map((kind) => waitForKind(kind, operation));
      if (records.some((cached) => !cached.isListed)) waits.push(waitForUnlisted(operation));
      return waits.some(Boolean) ? Promise.all(waits).then(() => {}) : undefined;
    },
  };
}

export type Readiness = ReturnType<typeof createReadiness>;

const countRead = ({ size, unread }: RecordStates) => size - unread.size;
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
