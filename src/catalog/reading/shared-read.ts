import type { AlmaError, CallOptions } from "../../alma/index.ts";

/** Who waits for a read: for its place in the queue, for its end, for its bill. */
export interface Waiter {
  readonly priority: CallOptions["priority"];
  readonly requestId?: string;
  /** Called for each request that a read started for this waiter sends. */
  readonly onSent?: () => void;
  /** Told of every read it waits for, so that it can leave them. */
  readonly onJoin?: (sharedRead: SharedRead) => void;
  readonly onLeave?: (sharedRead: SharedRead) => void;
  /** Why it waits for nothing any more; undefined while it does. */
  readonly stopReason?: Error | undefined;
}

/**
 * One read of Alma under way, how its call is made, and everybody who waits for it. The last one to leave ends it. It
 * waits itself for the list that has to decide what it found. Thousands of them wait at once, so that it is but one
 * object.
 */
export class SharedRead implements CallOptions, Waiter {
  /** Settles when the read is over and what it brought is in the store. */
  readonly done: Promise<void>;
  /** That of the first to wait for it, whatever others join. */
  readonly requestId?: string;
  readonly onSent?: () => void;
  priority: CallOptions["priority"] = "background";
  readonly #controller = new AbortController();
  readonly #waiters = new Set<Waiter>();
  /** Nobody is left to be told of an abort, which has its price. */
  #isSettled = false;
  #promote: ((requestId?: string) => void) | undefined;
  /** The reads that it waits for. */
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

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * A caller who joins a read that waits for its turn, in the background or behind a report's others, takes it along.
   */
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

  leave(waiter: Waiter): void {
    waiter.onLeave?.(this);
    if (this.#waiters.delete(waiter) && this.#waiters.size === 0 && !this.#isSettled) this.abort();
  }

  /** Ends it, whoever waits. */
  abort(reason?: AlmaError): void {
    this.#controller.abort(reason);
    for (const dependency of this.#dependencies ?? []) dependency.leave(this);
  }

  get stopReason(): Error | undefined {
    const { aborted, reason } = this.#controller.signal;
    return aborted ? (reason as Error) : undefined;
  }

  onJoin(dependency: SharedRead): void {
    this.#dependencies ??= new Set();
    this.#dependencies.add(dependency);
  }

  onLeave(dependency: SharedRead): void {
    this.#dependencies?.delete(dependency);
  }
}
