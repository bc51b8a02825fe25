import type { AlmaError, CallOptions } from "../alma/index.ts";

/** Who waits for a read: for its place in the queue, for its end, for its bill. */
export interface Waiter {
  readonly priority: CallOptions["priority"];
  readonly requestId?: string;
  /** Called for each request that a read started for this waiter sends. */
  readonly sent?: () => void;
  /** Told of every read it waits for, so that it can leave them. */
  readonly joined?: (flight: Flight) => void;
  readonly left?: (flight: Flight) => void;
  /** Why it waits for nothing any more; undefined while it does. */
  readonly stopped?: Error | undefined;
}

/**
 * One read of Alma under way, how its call is made, and everybody who waits for it. The last one to leave ends it. It
 * waits itself for the list that has to decide what it found. Thousands of them wait at once, so that it is but one
 * object.
 */
export class Flight implements CallOptions, Waiter {
  /** Settles when the read is over and what it brought is in the store. */
  readonly done: Promise<void>;
  /** That of the first to wait for it, whatever others join. */
  readonly requestId?: string;
  readonly sent?: () => void;
  priority: CallOptions["priority"] = "background";
  readonly #controller = new AbortController();
  readonly #waiters = new Set<Waiter>();
  /** Nobody is left to be told of an abort, which has its price. */
  #over = false;
  #promote: ((requestId?: string) => void) | undefined;
  /** The reads that it waits for. */
  #others: Set<Flight> | undefined;

  constructor(first: Waiter, read: (flight: Flight) => Promise<void>) {
    if (first.requestId !== undefined) this.requestId = first.requestId;
    if (first.sent) this.sent = first.sent;
    this.join(first);
    this.done = this.#fly(read);
  }

  async #fly(read: (flight: Flight) => Promise<void>): Promise<void> {
    try {
      await read(this);
    } finally {
      this.#over = true;
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * A caller who joins a read that waits for its turn, in the background or behind a report's others, takes it along.
   */
  queued(promote: (requestId?: string) => void): void {
    this.#promote = promote;
  }

  join(waiter: Waiter): void {
    this.#waiters.add(waiter);
    if (waiter.priority === "caller") {
      this.priority = "caller";
      this.#promote?.(waiter.requestId);
      for (const other of this.#others ?? []) other.join(this);
    }
    waiter.joined?.(this);
  }

  leave(waiter: Waiter): void {
    waiter.left?.(this);
    if (this.#waiters.delete(waiter) && this.#waiters.size === 0 && !this.#over) this.end();
  }

  /** Ends it, whoever waits. */
  end(reason?: AlmaError): void {
    this.#controller.abort(reason);
    for (const other of this.#others ?? []) other.leave(this);
  }

  get stopped(): Error | undefined {
    const { aborted, reason } = this.#controller.signal;
    return aborted ? (reason as Error) : undefined;
  }

  joined(other: Flight): void {
    this.#others ??= new Set();
    this.#others.add(other);
  }

  left(other: Flight): void {
    this.#others?.delete(other);
  }
}
