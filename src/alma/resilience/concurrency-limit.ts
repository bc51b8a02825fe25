import { onAbort } from "../http/abort.ts";
import type { AlmaRequest, AlmaResponse, CallOptions, Send } from "../http/send.ts";
import { FairQueue, type QueueSlot } from "./fair-queue.ts";

/** How many calls are in flight, and how many wait for a slot. */
export interface Traffic {
  readonly inFlight: number;
  readonly queued: number;
}

/** Resolves after calls that just got a slot are written to their sockets; undici writes once per event loop tick. */
const nextWrite = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

type Priority = CallOptions["priority"];

/** A waiting call: for which priority it waits, and its slot in the queue. */
interface QueuedCall {
  readonly priority: Priority;
  readonly slot: QueueSlot<() => void>;
}

/**
 * Limits how many calls are in flight. The others wait, callers' calls before background calls, and a sixteenth of the
 * slots is kept for callers, so that a lookup does not wait until a background call ends. The queue is fair among
 * operations (by `options.requestId`): the three calls of a screen do not wait for the thousands of a report. A read
 * whose signal aborts leaves the queue. When another operation comes to need a waiting call, it moves the call forward
 * with the function that `options.onQueued` received.
 */
export function withConcurrencyLimit(
  send: Send,
  concurrency: number,
): { send: Send; traffic: () => Traffic } {
  const queues = { caller: new FairQueue<() => void>(), background: new FairQueue<() => void>() };
  const inFlight = { caller: 0, background: 0 };
  const backgroundSlots = Math.max(1, concurrency - Math.ceil(concurrency / 16));

  const isFree = (priority: Priority): boolean =>
    inFlight.caller + inFlight.background < concurrency &&
    (priority === "caller" || inFlight.background < backgroundSlots);

  /** Acquires a slot. Returns the priority for which it counts, which may be another one by the time it is free. */
  const acquireSlot = ({ method, options }: AlmaRequest): Priority | Promise<Priority> => {
    if (isFree(options.priority)) {
      inFlight[options.priority]++;
      return options.priority;
    }
    return new Promise((resolve, reject) => {
      let queuedCall: QueuedCall | undefined;
      const stopListening = onAbort(method === "GET" ? options.signal : undefined, (reason) => {
        if (queuedCall) queues[queuedCall.priority].remove(queuedCall.slot);
        queuedCall = undefined;
        reject(reason);
      });
      const proceed = (priority: Priority) => {
        inFlight[priority]++;
        queuedCall = undefined;
        stopListening();
        resolve(priority);
      };
      const enqueue = (priority: Priority, owner: string) => {
        queuedCall = { priority, slot: queues[priority].enqueue(owner, () => proceed(priority)) };
      };
      enqueue(options.priority, options.requestId ?? "");
      options.onQueued?.((owner = options.requestId ?? "") => {
        if (queuedCall === undefined) return;
        const { priority, slot } = queuedCall;
        const { caller } = queues;
        // A caller's call moves only to an operation that has fewer calls waiting.
        if (priority === "caller" && caller.lengthOf(owner) >= caller.lengthOf(slot.owner)) return;
        queues[priority].remove(slot);
        if (isFree("caller")) proceed("caller");
        else enqueue("caller", owner);
      });
    });
  };

  // A free slot passes to the next call directly, so that no new call can take it.
  const releaseSlot = (priority: Priority): boolean => {
    inFlight[priority]--;
    const next = queues.caller.dequeue() ?? (isFree("background") ? queues.background.dequeue() : undefined);
    next?.();
    return next !== undefined;
  };

  return {
    send: async (request) => {
      if (request.method === "GET") request.options.signal?.throwIfAborted();
      const acquired = acquireSlot(request);
      const priority = typeof acquired === "string" ? acquired : await acquired;
      let hasSuccessor: boolean;
      let response: AlmaResponse;
      try {
        response = await send(request);
      } finally {
        hasSuccessor = releaseSlot(priority);
      }
      // The next call is sent before this answer is processed, so that Alma works on it meanwhile.
      if (hasSuccessor) await nextWrite();
      return response;
    },
    traffic: () => ({
      inFlight: inFlight.caller + inFlight.background,
      queued: queues.caller.length + queues.background.length,
    }),
  };
}
