import { onAbort } from "./abort.ts";
import { FairQueue, type QueueSlot } from "./fair-queue.ts";
import type { AlmaRequest, AlmaResponse, Send } from "./send.ts";

/** How many calls are under way, and how many wait for their turn. */
export interface Traffic {
  readonly inFlight: number;
  readonly queued: number;
}

/** Resolves when calls that can be sent now have been written to their sockets: undici does that once a turn. */
const nextWrite = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** A call that waits: in which line, and where. */
interface QueuedCall {
  readonly queue: FairQueue<() => void>;
  readonly slot: QueueSlot<() => void>;
}

/**
 * Lets at most `concurrency` calls be under way; the rest wait, callers' calls before background ones. Operations
 * (told apart by `options.requestId`) take turns, so that the three calls of a screen are not behind the thousands of a
 * report. A read whose signal aborts leaves the line. A call that has to wait is told how to move forward for another
 * operation that has come to wait for it (`options.queued`).
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
        // Among callers it goes where fewer are before it, at most.
        if (queue === queues.caller && queue.lengthOf(owner) >= queue.lengthOf(slot.owner)) return;
        queue.remove(slot);
        queuedCall = { queue: queues.caller, slot: queues.caller.enqueue(owner, proceed) };
      });
    });
  };

  // A place that becomes free passes to the next in line without being given up in between.
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
      // The next call goes out before this one's answer is read: Alma works on it meanwhile.
      if (hasSuccessor) await nextWrite();
      return response;
    },
    traffic: () => ({ inFlight, queued: queues.caller.length + queues.background.length }),
  };
}
