import type { Operation } from "../operation/operation.ts";
import type { WarmUpState } from "./warm-up-state.ts";

/**
 * The order in which the warm-up reads. What the oldest operation waits for that still waits comes first, so that
 * nobody waits longer because others ask again and again. What nobody waits for comes last.
 *
 * `defaultOrder`: all states, in the order of reading while nobody waits.
 */
export function createWarmUpOrder(defaultOrder: readonly WarmUpState[]) {
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
