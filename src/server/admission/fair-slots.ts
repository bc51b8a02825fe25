import type { StopSignal } from "../../graph/index.ts";
import { shareOf, Tally } from "./share.ts";

/** Gives a slot back. Further calls do nothing. */
export type Release = () => void;

/** Slots for work that few may do at once. The others wait in a line that is fair among their owners. */
export interface FairSlots {
  readonly taken: number;
  readonly waiting: number;
  /**
   * Takes a slot, after waiting for one if need be. Undefined if the line is full, or has the owner's share of it.
   * Rejects with the signal's reason if that aborts first.
   */
  take(owner: string, signal: StopSignal): Promise<Release> | undefined;
}

interface Waiter {
  readonly owner: string;
  readonly proceed: () => void;
}

/**
 * `hasSeveralOwners`: whether one owner may have only a share of the slots, and of the line. A free slot goes to the
 * owner whose last turn is longest ago, and to what has waited longest for it.
 */
export function createFairSlots(
  slots: number,
  maxWaiting: number,
  hasSeveralOwners: () => boolean,
): FairSlots {
  const running = new Tally();
  const waiting = new Tally();
  /** For owners with work: the number of the last slot that they got. */
  const lastTurns = new Map<string, number>();
  let waiters: readonly Waiter[] = [];
  let taken = 0;
  let turns = 0;

  const canTake = (owner: string) => taken < slots && running.get(owner) < shareOf(slots, hasSeveralOwners());

  function begin(owner: string): Release {
    taken += 1;
    running.add(owner, 1);
    turns += 1;
    lastTurns.set(owner, turns);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      taken -= 1;
      running.add(owner, -1);
      serve();
      if (running.get(owner) + waiting.get(owner) === 0) lastTurns.delete(owner);
    };
  }

  function leaveLine(waiter: Waiter): void {
    waiters = waiters.filter((other) => other !== waiter);
    waiting.add(waiter.owner, -1);
  }

  function serve(): void {
    const turnOf = ({ owner }: Waiter) => lastTurns.get(owner) ?? 0;
    const [next] = waiters
      .filter(({ owner }) => canTake(owner))
      .toSorted((one, other) => turnOf(one) - turnOf(other));
    if (!next) return;
    leaveLine(next);
    next.proceed();
  }

  return {
    get taken() {
      return taken;
    },
    get waiting() {
      return waiters.length;
    },
    take(owner, signal) {
      if (canTake(owner)) return Promise.resolve(begin(owner));
      const isFull = waiters.length >= maxWaiting;
      if (isFull || waiting.get(owner) >= shareOf(maxWaiting, hasSeveralOwners())) return undefined;
      return new Promise((resolve, reject) => {
        const stopWaiting = () => {
          leaveLine(waiter);
          reject(signal.reason);
        };
        const proceed = () => {
          signal.removeEventListener("abort", stopWaiting);
          resolve(begin(owner));
        };
        const waiter = { owner, proceed };
        waiters = [...waiters, waiter];
        waiting.add(owner, 1);
        if (signal.aborted) stopWaiting();
        else signal.addEventListener("abort", stopWaiting);
      });
    },
  };
}
