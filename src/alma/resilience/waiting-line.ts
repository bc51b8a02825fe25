import { onAbort } from "../http/abort.ts";
import { type AlmaRequest, type CallOptions, signalOf } from "../http/send.ts";
import { FairQueue, type QueueSlot } from "./fair-queue.ts";

export type Priority = CallOptions["priority"];

/** A waiting call: for which priority it waits, and its slot in the queue. */
interface QueuedCall {
  readonly priority: Priority;
  readonly slot: QueueSlot<() => void>;
}

/**
 * Calls that wait for their turn. Callers' calls and background calls wait apart, each fairly among operations (by
 * `options.requestId`): the three calls of a screen do not wait for the thousands of a report. A read whose signal
 * aborts leaves the line. When another operation comes to need a waiting call, it moves the call forward with the
 * function that `options.onQueued` received.
 */
export class WaitingLine {
  readonly #queues = { caller: new FairQueue<() => void>(), background: new FairQueue<() => void>() };
  readonly #onMove: () => void;

  /** `onMove` is called after a call was moved forward, whose turn it may be now. */
  constructor(onMove: () => void) {
    this.#onMove = onMove;
  }

  get length(): number {
    return this.#queues.caller.length + this.#queues.background.length;
  }

  /** Waits until `next` reaches the call. Resolves with its priority by then; rejects with its signal's reason. */
  wait(request: AlmaRequest): Promise<Priority> {
    const { options } = request;
    return new Promise((resolve, reject) => {
      let queuedCall: QueuedCall | undefined;
      const stopListening = onAbort(signalOf(request), (reason) => {
        if (queuedCall) this.#queues[queuedCall.priority].remove(queuedCall.slot);
        queuedCall = undefined;
        reject(reason);
      });
      const enqueue = (priority: Priority, owner: string) => {
        const proceed = () => {
          queuedCall = undefined;
          stopListening();
          resolve(priority);
        };
        queuedCall = { priority, slot: this.#queues[priority].enqueue(owner, proceed) };
      };
      enqueue(options.priority, options.requestId ?? "");
      options.onQueued?.((owner = options.requestId ?? "") => {
        if (queuedCall === undefined) return;
        const { priority, slot } = queuedCall;
        const { caller } = this.#queues;
        // A caller's call moves only to an operation that has fewer calls waiting.
        if (priority === "caller" && caller.lengthOf(owner) >= caller.lengthOf(slot.owner)) return;
        this.#queues[priority].remove(slot);
        enqueue("caller", owner);
        this.#onMove();
      });
    });
  }

  /** Lets the next call of a priority go. False if none waits. */
  next(priority: Priority): boolean {
    const proceed = this.#queues[priority].dequeue();
    proceed?.();
    return proceed !== undefined;
  }
}
