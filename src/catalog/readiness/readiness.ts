import { AlmaError } from "../../alma/index.ts";
import type { Operation } from "../operation/operation.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kindDefinitions, kinds } from "../record/kind.ts";
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
import { WarmUpOrder } from "./warm-up-order.ts";
import { WarmUpState } from "./warm-up-state.ts";

/** The kinds that have to be warm before it is known which unlisted records others refer to. */
export const REFERRING_KINDS: readonly Kind[] = kinds.filter(
  (kind) => Object.keys(kindDefinitions[kind].relations).length > 0,
);

/** How far the warm-up is, and what operations wait for. */
export class Readiness {
  readonly #store: Store;
  readonly #states = new Map<Kind, WarmUpState>();
  /** The state of the unlisted records that others refer to. */
  readonly unlisted = new WarmUpState();
  /** The order of reading; while nobody waits that of `kinds`, and unlisted records come last. */
  readonly order: WarmUpOrder;
  /** Which kinds are kept young once they are warm. */
  readonly demand: Demand;

  readonly #hasEntries: () => boolean;

  /** `hasEntries`: whether the store has what an earlier process, or another one, has read. */
  constructor(store: Store, demand: Demand, hasEntries: () => boolean = () => false) {
    this.#store = store;
    this.demand = demand;
    this.#hasEntries = hasEntries;
    for (const kind of kinds) this.#states.set(kind, new WarmUpState());
    this.order = new WarmUpOrder([...this.#states.values(), this.unlisted]);
  }

  stateOf(kind: Kind): WarmUpState {
    return this.#states.get(kind) as WarmUpState;
  }

  /** Whether the warm-up of a kind is over, even if the kind has to wake since. */
  isWarm(kind: Kind): boolean {
    return this.stateOf(kind).wasDone;
  }

  get #isAllWarm(): boolean {
    return this.unlisted.isDone && kinds.every((kind) => this.isWarm(kind));
  }

  /** Whether what an earlier process has read, and what it has not, is still being read. */
  get isCatchingUp(): boolean {
    return this.#hasEntries() && !this.#isAllWarm;
  }

  progress(): WarmUpProgress {
    const unlisted = this.#unlistedProgress();
    return {
      warm: this.#isAllWarm,
      kinds: kinds.map((kind) => this.#progressOf(kind)),
      ...(unlisted.of && { unlisted }),
    };
  }

  #progressOf(kind: Kind): KindProgress {
    const { listed, listedStates, listFailure } = this.#store.tables[kind];
    const { queue, wasDone, isFailing } = this.stateOf(kind);
    return {
      kind,
      read: wasDone ? listed.length : Math.min(countRead(listedStates), listed.length - (queue?.length ?? 0)),
      of: queue || wasDone ? listed.length : undefined,
      ...(isFailing && listFailure && { failure: listFailure.error.message }),
    };
  }

  #unlistedProgress(): ReadCount {
    if (!this.unlisted.queue) return { read: 0, of: undefined };
    const states = kinds.map((kind) => this.#store.tables[kind].referredStates);
    return { read: sum(states.map(countRead)), of: sum(states.map(({ size }) => size)) };
  }

  /**
   * Waits for the warm-up of a kind, or for its waking, on behalf of an operation that needs all its records. Returns
   * undefined if that is over, or if the reads of the list fail: the operation then reads the list itself, and gets the
   * error. Throws CATALOG_WARMING when the operation's time is up.
   */
  waitForKind(kind: Kind, operation: Operation): Promise<void> | undefined {
    const state = this.stateOf(kind);
    const wouldWake = operation.explanation?.isDry === true && this.demand.isResting(kind);
    if ((state.isDone && !wouldWake) || state.isFailing || this.#hasStale(kind, operation)) return undefined;
    const what = `all records of type ${this.#store.tables[kind].definition.typeName}`;
    return this.#wait([state], operation, what, () =>
      state.wasDone ? this.#wakingProgressOf(kind) : this.#progressOf(kind),
    );
  }

  #wakingProgressOf(kind: Kind): ReadCount {
    const { listedStates, referredStates } = this.#store.tables[kind];
    const of = listedStates.size + referredStates.size;
    const { queue, isDone } = this.stateOf(kind);
    return { read: isDone ? 0 : of - (queue?.length ?? 0), of };
  }

  /** As `waitForKind`, for the unlisted records that others refer to; they are known once all of those are read. */
  waitForUnlisted(operation: Operation): Promise<void> | undefined {
    if (this.unlisted.isDone || REFERRING_KINDS.some((kind) => this.stateOf(kind).isFailing))
      return undefined;
    if (REFERRING_KINDS.every((kind) => this.#hasStale(kind, operation))) return undefined;
    const what = "all records that others refer to and no list names";
    const states = REFERRING_KINDS.map((kind) => this.stateOf(kind)).filter(({ isDone }) => !isDone);
    return this.#wait([...states, this.unlisted], operation, what, () => this.#unlistedProgress());
  }

  /** Whether an operation accepts what an earlier process has read of a kind, of any age. */
  #hasStale(kind: Kind, { serveStale }: Operation): boolean {
    const { listAt, listedStates } = this.#store.tables[kind];
    if (!serveStale || !this.#hasEntries() || listAt === NEVER) return false;
    for (const { failure } of listedStates.unread) if (!failure) return false;
    return true;
  }

  /** As `waitForKind`, for these records. */
  waitForRecords(records: readonly CachedRecord[], operation: Operation): Promise<void> | undefined {
    const listedKinds = new Set(records.filter((cached) => cached.isListed).map(({ kind }) => kind));
    const waits = [...listedKinds].map((kind) => this.waitForKind(kind, operation));
    if (records.some((cached) => !cached.isListed)) waits.push(this.waitForUnlisted(operation));
    return waits.some(Boolean) ? Promise.all(waits).then(() => {}) : undefined;
  }

  async #wait(
    states: readonly WarmUpState[],
    operation: Operation,
    what: string,
    getProgress: () => ReadCount,
  ): Promise<void> {
    const { explanation } = operation;
    const isAgain = states.every(({ wasDone }) => wasDone);
    if (explanation?.isDry) return explanation.doubt(warmingDoubt(what, getProgress(), isAgain));
    try {
      await Promise.all(states.map((state) => this.order.waitFor(state, operation)));
    } catch (reason) {
      throw reason instanceof AlmaError && reason.code === "DEADLINE_EXCEEDED"
        ? warmingError(what, getProgress(), isAgain)
        : reason;
    }
  }
}

const countRead = ({ size, unread }: RecordStates): number => size - unread.size;
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
