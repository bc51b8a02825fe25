import type { AlmaError } from "../../alma/index.ts";
import { SharedRead, type Waiter } from "./shared-read.ts";

type Read = (sharedRead: SharedRead) => Promise<void>;

/**
 * Makes simultaneous reads of the same thing one call, across operations. A read under way may be too old for some of
 * its waiters (it was sent before their cut-off, or before a write ended); one more read then serves all of these.
 */
export class SingleFlight {
  /** The reads under way, by what they read. */
  readonly #sharedReads = new Map<string, SharedRead>();
  #closedReason: AlmaError | undefined;

  /** Whether a read is under way, so that joining it costs no call. */
  isReading(key: string): boolean {
    return this.#underWay(key) !== undefined;
  }

  /** Resolves when all reads that are under way now are over, and their results are in the store. */
  async whenOver(): Promise<void> {
    await Promise.allSettled([...this.#sharedReads.values()].map(({ done }) => done));
  }

  /** Aborts every read with `reason`, and starts no other. */
  close(reason: AlmaError): void {
    this.#closedReason = reason;
    for (const sharedRead of this.#sharedReads.values()) sharedRead.abort(reason);
  }

  /** Reads until `isEnough` is true. Throws what `read` throws, the waiter's `stopReason`, or the reason of `close`. */
  async readUntil(key: string, isEnough: () => boolean, waiter: Waiter, read: Read): Promise<void> {
    while (!isEnough()) {
      // A waiter that stopped during an older read starts no other.
      const stopReason = waiter.stopReason ?? this.#closedReason;
      if (stopReason) throw stopReason;
      let sharedRead = this.#underWay(key);
      if (sharedRead) sharedRead.join(waiter);
      else {
        sharedRead = new SharedRead(waiter, read);
        this.#sharedReads.set(key, sharedRead);
      }
      try {
        await sharedRead.done;
      } finally {
        // All waiters run this; the first one removes the read.
        if (this.#sharedReads.get(key) === sharedRead) this.#sharedReads.delete(key);
        sharedRead.leave(waiter);
      }
    }
  }

  /** Reads until `getKnown` returns a value, and returns that value, whatever is read afterwards. */
  async readUntilKnown<T>(
    key: string,
    getKnown: () => T | undefined,
    waiter: Waiter,
    read: Read,
  ): Promise<T> {
    let known: T | undefined;
    const isEnough = () => {
      known = getKnown();
      return known !== undefined;
    };
    await this.readUntil(key, isEnough, waiter, read);
    return known as T;
  }

  #underWay(key: string): SharedRead | undefined {
    const sharedRead = this.#sharedReads.get(key);
    return sharedRead && !sharedRead.stopReason ? sharedRead : undefined;
  }
}
