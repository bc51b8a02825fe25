import { AlmaError, type CallOptions } from "../alma/index.ts";

/** Who waits for a read: for its place in the queue, for its end, for its bill. */
export interface Waiter {
  readonly priority: CallOptions["priority"];
  readonly requestId?: string;
  /** Called for each request that a read started for this waiter sends. */
  readonly sent?: () => void;
  /** Told of every read it waits for, so that it can leave them. */
  readonly joined?: (flight: Flight) => void;
  readonly left?: (flight: Flight) => void;
}

/** One read of Alma under way, and everybody who waits for it. The last one to leave ends it. */
export class Flight {
  /** Settles when the read is over and what it brought is in the store. */
  readonly done: Promise<void>;
  readonly #controller = new AbortController();
  readonly #waiters = new Set<Waiter>();
  #priority: CallOptions["priority"] = "background";
  /** Nobody is left to be told of an abort, which has its price. */
  #over = false;
  #promote: (requestId?: string) => void = () => {};

  constructor(first: Waiter, read: (options: CallOptions) => Promise<void>) {
    this.join(first);
    const flight = this;
    this.done = read({
      get priority() {
        return flight.#priority;
      },
      // A caller who joins a read that waits for its turn, in the background or behind a report's others, takes it along.
      queued: (promote) => {
        flight.#promote = promote;
      },
      signal: this.#controller.signal,
      ...(first.requestId === undefined ? {} : { requestId: first.requestId }),
      ...(first.sent ? { sent: first.sent } : {}),
    }).finally(() => {
      this.#over = true;
    });
  }

  join(waiter: Waiter): void {
    this.#waiters.add(waiter);
    if (waiter.priority === "caller") {
      this.#priority = "caller";
      this.#promote(waiter.requestId);
    }
    waiter.joined?.(this);
  }

  leave(waiter: Waiter): void {
    waiter.left?.(this);
    if (this.#waiters.delete(waiter) && this.#waiters.size === 0 && !this.#over) this.#controller.abort();
  }

  /** Ends it, whoever waits. */
  abandon(): void {
    this.#controller.abort(
      new AlmaError("ALMA_UNAVAILABLE", "The gateway is closing. Ask again when it is back."),
    );
  }

  get abandoned(): boolean {
    return this.#controller.signal.aborted;
  }
}
