import type { Operation } from "../operation/operation.ts";
import type { WarmUpState } from "./warm-up-state.ts";

/**
 * The order in which the warm-up reads. What the oldest operation waits for that still waits comes first, so that
 * nobody waits longer because others ask again and again. What nobody waits for comes last.
 */
export class WarmUpOrder {
  readonly #defaultOrder: readonly WarmUpState[];
  /** By operation and state, the promise that the operation waits for; many of its fields may wait for one state. */
  readonly #waits = new Map<Operation, Map<WarmUpState, Promise<void>>>();
  #states: readonly WarmUpState[] | undefined;
  /** Called when an operation begins to wait. */
  onWait: () => void = () => {};

  /** `defaultOrder`: all states, in the order of reading while nobody waits. */
  constructor(defaultOrder: readonly WarmUpState[]) {
    this.#defaultOrder = defaultOrder;
  }

  /** Whether an operation waits. */
  get isAwaited(): boolean {
    return this.#waits.size > 0;
  }

  /** The states in the order of reading. */
  get states(): readonly WarmUpState[] {
    if (!this.#states) {
      const awaitedSince = new Map(this.#defaultOrder.map((state) => [state, this.#awaitedSince(state)]));
      const since = (state: WarmUpState) => awaitedSince.get(state) as number;
      // The difference of two infinite times is no number: they are equal.
      this.#states = [...this.#defaultOrder].sort((a, b) => since(a) - since(b) || 0);
    }
    return this.#states;
  }

  /** When the oldest operation began that waits for a state; infinite if none does. */
  #awaitedSince(state: WarmUpState): number {
    let since = Number.POSITIVE_INFINITY;
    for (const [{ startedAt }, waits] of this.#waits)
      if (waits.has(state)) since = Math.min(since, startedAt);
    return since;
  }

  /**
   * Waits for a state on behalf of an operation, which counts until the state is done or the operation stops. Rejects
   * with its `stopReason` if it stops.
   */
  waitFor(state: WarmUpState, operation: Operation): Promise<void> {
    const waits = this.#waits.get(operation) ?? new Map<WarmUpState, Promise<void>>();
    this.#waits.set(operation, waits);
    let wait = waits.get(state);
    if (!wait) {
      wait = operation.waitFor(state.whenDone).finally(() => {
        waits.delete(state);
        if (waits.size === 0) this.#waits.delete(operation);
        this.#states = undefined;
      });
      waits.set(state, wait);
      this.#states = undefined;
      this.onWait();
    }
    return wait;
  }
}
