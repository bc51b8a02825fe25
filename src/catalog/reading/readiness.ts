import { AlmaError } from "../../alma/index.ts";
import type { CachedRecord } from "../store/cached-record.ts";
import { type Kind, kindDefinitions, kinds } from "../store/kind.ts";
import { NEVER } from "../store/source.ts";
import type { Store } from "../store/store.ts";
import { findUnlisted, knownAt } from "../store/unlisted.ts";
import type { Operation } from "./operation.ts";
import { type KindProgress, type ReadCount, type WarmUpProgress, warmingError } from "./progress.ts";
import { WarmUpState } from "./warm-up-state.ts";

/** What has to be known before it is known what listed records refer to and no list names. */
export const REFERRING_KINDS: readonly Kind[] = kinds.filter(
  (kind) => Object.keys(kindDefinitions[kind].relations).length > 0,
);

/** How far the first reading of everything is, and what operations wait for of it. */
export class Readiness {
  readonly #store: Store;
  readonly #states = new Map<Kind, WarmUpState>();
  /** What listed records refer to and no list names. */
  readonly unlisted = new WarmUpState();
  /** Kinds in the order in which they are to be read: asked-for ones move to the front. */
  #order: readonly Kind[] = kinds;

  constructor(store: Store) {
    this.#store = store;
    for (const kind of kinds) this.#states.set(kind, new WarmUpState());
  }

  /** How far one kind is. */
  stateOf(kind: Kind): WarmUpState {
    return this.#states.get(kind) as WarmUpState;
  }

  /** Whether the first reading of a kind is over. */
  isWarm(kind: Kind): boolean {
    return this.stateOf(kind).isDone;
  }

  /** All of it, that first which is waited for. */
  *byPriority(): Generator<WarmUpState> {
    for (const kind of this.#order) yield this.stateOf(kind);
    yield this.unlisted;
  }

  /** How far it is. */
  progress(): WarmUpProgress {
    const unlisted = this.#unlistedProgress();
    return {
      warm: this.unlisted.isDone && kinds.every((kind) => this.isWarm(kind)),
      kinds: kinds.map((kind) => this.#progressOf(kind)),
      ...(unlisted.of && { unlisted }),
    };
  }

  #progressOf(kind: Kind): KindProgress {
    const { listed, listFailure } = this.#store.tables[kind];
    const { queue, isDone: done, isFailing: failing } = this.stateOf(kind);
    return {
      kind,
      read: done ? listed.length : countRead(listed),
      of: queue || done ? listed.length : undefined,
      ...(failing && listFailure && { failure: listFailure.error.message }),
    };
  }

  #unlistedProgress(): ReadCount {
    if (!this.unlisted.queue) return { read: 0, of: undefined };
    const records = [...findUnlisted(this.#store)];
    return { read: countRead(records), of: records.length };
  }

  /**
   * What an operation that needs all records of a kind waits for, if they are not read yet; the kind is read first
   * from now on. Throws CATALOG_WARMING if the operation's time is over before, and does not wait where the list
   * itself cannot be read: then the operation finds out why for itself.
   */
  waitForKind(kind: Kind, operation: Operation): Promise<void> | undefined {
    const state = this.stateOf(kind);
    if (state.isDone || state.isFailing) return undefined;
    this.#order = [kind, ...this.#order.filter((other) => other !== kind)];
    const what = `all records of type ${this.#store.tables[kind].definition.typeName}`;
    return this.#wait(state, operation, () => warmingError(what, this.#progressOf(kind)));
  }

  /** The same for an operation that needs what others refer to and no list names. */
  waitForUnlisted(operation: Operation): Promise<void> | undefined {
    if (this.unlisted.isDone || REFERRING_KINDS.some((kind) => this.stateOf(kind).isFailing))
      return undefined;
    const what = "all records that others refer to and no list names";
    return this.#wait(this.unlisted, operation, () => warmingError(what, this.#unlistedProgress()));
  }

  /** The same for an operation that needs these records, and may not read them itself. */
  waitForRecords(records: readonly CachedRecord[], operation: Operation): Promise<void> | undefined {
    const listed = new Set(records.filter((cached) => cached.isListed).map(({ kind }) => kind));
    const waits = [...listed].map((kind) => this.waitForKind(kind, operation));
    if (records.some((cached) => !cached.isListed)) waits.push(this.waitForUnlisted(operation));
    return waits.some(Boolean) ? Promise.all(waits).then(() => {}) : undefined;
  }

  #wait(
    { whenDone: ready }: WarmUpState,
    operation: Operation,
    toWarmingError: () => AlmaError,
  ): Promise<void> {
    return operation.waitFor(ready).catch((reason) => {
      throw reason instanceof AlmaError && reason.code === "DEADLINE_EXCEEDED" ? toWarmingError() : reason;
    });
  }
}

function countRead(records: readonly CachedRecord[]): number {
  return records.filter((cached) => knownAt(cached) !== NEVER).length;
}
