import { onAbort } from "../http/abort.ts";
import { type AlmaRequest, type CallOptions, signalOf } from "../http/send.ts";
import { FairLine } from "./fair-line.ts";

export type Priority = CallOptions["priority"];

/**
 * Calls that wait for their turn. Callers' calls and background calls wait apart, each fairly among operations (by
 * `options.requestId`): the three calls of a screen do not wait for the thousands of a report. A read whose signal
 * aborts leaves the line. When another operation comes to need a waiting call, it moves the call forward with the
 * function that `options.onQueued` received.
 */
export class WaitingLine {
  readonly #lines = { caller: new FairLine<() => void>(), background: new FairLine<() => void>() };
  readonly #onMove: () => void;

  /** `onMove` is called after a call was moved forward, whose turn it may be now. */
  constructor(onMove: () => void) {
    this.#onMove = onMove;
  }

  get length(): number {
    return this.#lines.caller.length + this.#lines.background.length;
  }

  has(priority: Priority): boolean {
    return this.#lines[priority].length > 0;
  }

  /** Waits until `next` reaches the call. Resolves with its priority by then; rejects with its signal's reason. */
  wait(request: AlmaRequest): Promise<Priority> {
    const { options } = request;
    let { priority, requestId: owner = "" } = options;
    return new Promise((resolve, reject) => {
      let isWaiting = true;
      const proceed = () => {
        isWaiting = false;
        stopListening();
        resolve(priority);
      };
      this.#lines[priority].add(owner, proceed);
      const stopListening = onAbort(signalOf(request), (reason) => {
        isWaiting = false;
        this.#lines[priority].remove(owner, proceed);
        reject(reason);
      });
      options.onQueued?.((newOwner = options.requestId ?? "") => {
        if (!isWaiting) return;
        const { caller } = this.#lines;
        // A caller's call moves only to an operation that has fewer calls waiting.
        if (priority === "caller" && caller.lengthOf(newOwner) >= caller.lengthOf(owner)) return;
        this.#lines[priority].remove(owner, proceed);
        [priority, owner] = ["caller", newOwner];
        caller.add(owner, proceed);
        this.#onMove();
      });
    });
  }

  /** Lets the next call of a priority go. False if none waits. */
  next(priority: Priority): boolean {
    const proceed = this.#lines[priority].next();
    proceed?.();
    return proceed !== undefined;
  }
}
