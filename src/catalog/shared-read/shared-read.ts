import { type AlmaError, type CallOptions, LightSignal } from "../../alma/index.ts";

type Read = (sharedRead: SharedRead) => Promise<void>;

/**
 * Lets simultaneous reads of the same data share one call, across operations. A read in progress may be too old for
 * some waiters (sent before their cut-off, or before a write ended); one more read then serves all of them.
 */
export class SharedReads {
  /** The reads in progress, by key. */
  readonly #sharedReads = new Map<string, SharedRead>();
  #closedReason: AlmaError | undefined;

  /** Returns whether a read is in progress, so that joining it costs no call. */
  isReading(key: string): boolean {
    return this.#inProgress(key) !== undefined;
  }

  /** Resolves when all current reads have ended and their results are in the store. */
  async whenOver(): Promise<void> {
    await Promise.allSettled([...this.#sharedReads.values()].map(({ done }) => done));
  }

  /** Aborts every read with `reason`, and starts no new ones. */
  close(reason: AlmaError): void {
    this.#closedReason = reason;
    for (const sharedRead of this.#sharedReads.values()) sharedRead.abort(reason);
  }

  /**
   * Reads until `getKnown` returns a truthy value, and returns that value. Throws the error of `read`, the waiter's
   * `stopReason`, or the reason of `close`.
   */
  async readUntil<T>(
    key: string,
    getKnown: () => T | false | undefined,
    waiter: Waiter,
    read: Read,
  ): Promise<T> {
    for (;;) {
      const known = getKnown();
      if (known) return known;
      // A waiter that stopped during an older read starts no new one.
      const stopReason = waiter.stopReason ?? this.#closedReason;
      if (stopReason) throw stopReason;
      let sharedRead = this.#inProgress(key);
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

  #inProgress(key: string): SharedRead | undefined {
    const sharedRead = this.#sharedReads.get(key);
    return sharedRead && !sharedRead.stopReason ? sharedRead : undefined;
  }
}

const NOBODY_WAITS = new Error("no caller waits for this read any more");

/** Waits for a read: an operation, background work or another read. */
export interface Waiter {
  readonly priority: CallOptions["priority"];
  readonly requestId?: string;
  /** Called for each request sent by a read started for this waiter. */
  readonly onSent?: () => void;
  /** Called with each read that the waiter joins or leaves, so that it can leave all reads when it stops. */
  readonly onJoin?: (sharedRead: SharedRead) => void;
  readonly onLeave?: (sharedRead: SharedRead) => void;
  /** Why it stopped waiting, if it did. */
  readonly stopReason?: Error;
}

/**
 * A read of Alma in progress with its waiters; aborted when the last of them leaves. The same object serves as the
 * options of its call and as the waiter for a deciding list, since thousands may exist at a time.
 */
export class SharedRead implements CallOptions, Waiter {
  /** Settles when the read has ended and its result is in the store. */
  readonly done: Promise<void>;
  /** The request id of the first waiter. */
  readonly requestId?: string;
  readonly onSent?: () => void;
  priority: CallOptions["priority"] = "background";
  readonly signal = new LightSignal();
  readonly #waiters = new Set<Waiter>();
  /** Whether the read has settled; aborting it would then take time without effect. */
  #isSettled = false;
  #promote: ((requestId?: string) => void) | undefined;
  /** The reads that this one waits for. */
  #dependencies: Set<SharedRead> | undefined;

  constructor(firstWaiter: Waiter, read: (sharedRead: SharedRead) => Promise<void>) {
    if (firstWaiter.requestId !== undefined) this.requestId = firstWaiter.requestId;
    if (firstWaiter.onSent) this.onSent = firstWaiter.onSent;
    this.join(firstWaiter);
    this.done = this.#run(read);
  }

  async #run(read: (sharedRead: SharedRead) => Promise<void>): Promise<void> {
    try {
      await read(this);
    } finally {
      this.#isSettled = true;
    }
  }

  /** Called when the call is queued. If a caller joins, `promote` moves the call forward. */
  onQueued(promote: (requestId?: string) => void): void {
    this.#promote = promote;
  }

  join(waiter: Waiter): void {
    this.#waiters.add(waiter);
    if (waiter.priority === "caller") {
      this.priority = "caller";
      this.#promote?.(waiter.requestId);
      for (const dependency of this.#dependencies ?? []) dependency.join(this);
    }
    waiter.onJoin?.(this);
  }

  /** Removes a waiter. `reason`: why the read is aborted if no waiter is left. */
  leave(waiter: Waiter, reason: Error = NOBODY_WAITS): void {
    waiter.onLeave?.(this);
    if (this.#waiters.delete(waiter) && this.#waiters.size === 0 && !this.#isSettled) this.abort(reason);
  }

  /** Aborts the read regardless of waiters. Waiters of dependent reads get the same reason. */
  abort(reason: Error): void {
    this.signal.abort(reason);
    for (const dependency of this.#dependencies ?? []) dependency.leave(this, reason);
  }

  get stopReason(): Error | undefined {
    return this.signal.reason as Error | undefined;
  }

  onJoin(dependency: SharedRead): void {
    this.#dependencies ??= new Set();
    this.#dependencies.add(dependency);
  }

  onLeave(dependency: SharedRead): void {
    this.#dependencies?.delete(dependency);
  }
}
