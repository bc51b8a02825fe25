import { FairQueue } from "../../alma/index.ts";
import type { StopSignal } from "../../graph/index.ts";
import { CountByKey, quotaOf, type Release } from "./quota.ts";

/**
 * Creates slots for limited work, shared fairly between owners: a free slot goes to the owner served longest ago, and
 * to its longest-waiting work. `hasSeveralOwners` decides whether each owner is limited to a quota of slots and queue.
 * The order of a FairQueue is not enough: it forgets an owner whose work runs but does not wait, so that one who holds
 * slots would go before another who has had none.
 */
export function createFairSlots(slots: number, maxWaiting: number, hasSeveralOwners: () => boolean) {
  const running = new CountByKey();
  const queue = new FairQueue<() => void>();
  /** The number of the last slot of each owner that has work. */
  const lastTurns = new Map<string, number>();
  let turns = 0;

  const canTake = (owner: string) =>
    running.total < slots && running.get(owner) < quotaOf(slots, hasSeveralOwners());

  function begin(owner: string): Release {
    running.add(owner, 1);
    // Without a queue, nothing is served in order.
    if (maxWaiting > 0) lastTurns.set(owner, ++turns);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      running.add(owner, -1);
      serve();
      if (running.get(owner) + queue.lengthOf(owner) === 0) lastTurns.delete(owner);
    };
  }

  function serve() {
    if (queue.length === 0) return;
    const turnOf = (owner: string) => lastTurns.get(owner) ?? 0;
    const [next] = [...queue.owners()].filter(canTake).sort((one, other) => turnOf(one) - turnOf(other));
    if (next !== undefined) queue.take(next)?.();
  }

  function wait(owner: string, signal: StopSignal): Promise<Release> {
    return new Promise((resolve, reject) => {
      const stopWaiting = () => {
        queue.remove(owner, proceed);
        reject(signal.reason);
      };
      const proceed = () => {
        signal.removeEventListener("abort", stopWaiting);
        resolve(begin(owner));
      };
      queue.add(owner, proceed);
      if (signal.aborted) stopWaiting();
      else signal.addEventListener("abort", stopWaiting);
    });
  }

  return {
    get taken() {
      return running.total;
    },
    get waiting() {
      return queue.length;
    },
    /** Takes a slot; undefined if there is none, or the owner has its quota. */
    tryTake: (owner: string) => (canTake(owner) ? begin(owner) : undefined),
    /**
     * Takes a slot, waiting if necessary. Undefined if the queue is full or the owner has used its quota. Rejects with
     * the signal's reason if the signal aborts first.
     */
    take(owner: string, signal: StopSignal): Promise<Release> | undefined {
      if (canTake(owner)) return Promise.resolve(begin(owner));
      const isFull =
        queue.length >= maxWaiting || queue.lengthOf(owner) >= quotaOf(maxWaiting, hasSeveralOwners());
      return isFull ? undefined : wait(owner, signal);
    },
  };
}
