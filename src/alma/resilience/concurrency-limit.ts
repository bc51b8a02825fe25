import { onAbort } from "../http/abort.ts";
import type { AlmaRequest, AlmaResponse, Send } from "../http/send.ts";
import { FairQueue, type QueueSlot } from "./fair-queue.ts";

/** How many calls are in flight, and how many wait for a slot. */
export interface Traffic {
  readonly inFlight: number;
  readonly queued: number;
}

/** Resolves after calls that just got a slot are written to their sockets; undici writes once per event loop tick. */
const nextWrite = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** A waiting call: its queue and its slot there. */
interface QueuedCall {
  readonly queue: FairQueue<() => void>;
  readonly slot: QueueSlot<() => void>;
}

/**
 * Limits how many calls are in flight. The others wait, callers' calls before background calls. The queue is fair among
 * operations (by `options.requestId`): the three calls of a screen do not wait for the thousands of a report. A read
 * whose signal aborts leaves the queue. When another operation comes to need a waiting call, it moves the call forward
 * with the function that `options.onQueued` received.
 */
export function withConcurrencyLimit(
  send: Send,
  concurrency: number,
): { send: Send; traffic: () => Traffic } {
  const queues = { caller: new FairQueue<() => void>(), background: new FairQueue<() => void>() };
  let inFlight = 0;

  const acquireSlot = ({ method, options }: AlmaRequest): Promise<void> | undefined => {
    if (inFlight < concurrency) {
      inFlight++;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      let queuedCall: QueuedCall | undefined;
      const stopListening = onAbort(method === "GET" ? options.signal : undefined, (reason) => {
        queuedCall?.queue.remove(queuedCall.slot);
        queuedCall = undefined;
        reject(reason);
      });
      const proceed = () => {
        queuedCall = undefined;
        stopListening();
        resolve();
      };
      const initialQueue = queues[options.priority];
      queuedCall = { queue: initialQueue, slot: initialQueue.enqueue(options.requestId ?? "", proceed) };
      options.onQueued?.((owner = options.requestId ?? "") => {
        if (queuedCall === undefined) return;
        const { queue, slot } = queuedCall;
        // A caller's call moves only to an operation that has fewer calls waiting.
        if (queue === queues.caller && queue.lengthOf(owner) >= queue.lengthOf(slot.owner)) return;
        queue.remove(slot);
        queuedCall = { queue: queues.caller, slot: queues.caller.enqueue(owner, proceed) };
      });
    });
  };

  // A free slot passes to the next call directly, so that no new call can take it.
  const releaseSlot = (): boolean => {
    const next = queues.caller.dequeue() ?? queues.background.dequeue();
    if (next === undefined) inFlight--;
    else next();
    return next !== undefined;
  };

  return {
    send: async (request) => {
      if (request.method === "GET") request.options.signal?.throwIfAborted();
      const acquired = acquireSlot(request);
      if (acquired !== undefined) await acquired;
      let hasSuccessor: boolean;
      let response: AlmaResponse;
      try {
        response = await send(request);
      } finally {
        hasSuccessor = releaseSlot();
      }
      // The next call is sent before this answer is processed, so that Alma works on it meanwhile.
      if (hasSuccessor) await nextWrite();
      return response;
    },
    traffic: () => ({ inFlight, queued: queues.caller.length + queues.background.length }),
  };
}
