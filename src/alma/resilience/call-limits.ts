import type { AlmaLog } from "../http/alma-log.ts";
import { type AlmaRequest, type CallOptions, type Send, signalOf } from "../http/send.ts";
import { onAbort } from "../http/timer.ts";
import { FairQueue } from "./fair-queue.ts";
import { createPace } from "./pace.ts";

type Priority = CallOptions["priority"];

/**
 * Queues calls. Callers' and background calls wait separately, each fairly among operations (by `options.requestId`),
 * so that the three calls of a page do not wait for the thousands of a report. A read whose signal aborts leaves the
 * queue. If another operation needs a waiting call, it moves the call forward with the function passed to
 * `options.onQueued`. `onMove`: called after a call was moved forward, since it may now be next.
 */
function createWaitingLine(onMove: () => void) {
  const lines = { caller: new FairQueue<() => void>(), background: new FairQueue<() => void>() };
  return {
    get length(): number {
      return lines.caller.length + lines.background.length;
    },

    has: (priority: Priority) => lines[priority].length > 0,

    /** Waits until `next` reaches the call. Resolves with its priority then; rejects with its signal's reason. */
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
        lines[priority].add(owner, proceed);
        const stopListening = onAbort(signalOf(request), (reason) => {
          isWaiting = false;
          lines[priority].remove(owner, proceed);
          reject(reason);
        });
        options.onQueued?.((newOwner = options.requestId ?? "") => {
          if (!isWaiting) return;
          const { caller } = lines;
          // A caller's call moves only to an operation with fewer waiting calls.
          if (priority === "caller" && caller.lengthOf(newOwner) >= caller.lengthOf(owner)) return;
          lines[priority].remove(owner, proceed);
          [priority, owner] = ["caller", newOwner];
          caller.add(owner, proceed);
          onMove();
        });
      });
    },

    /** Releases the next call of a priority, if one waits. */
    next: (priority: Priority) => lines[priority].next()?.(),
  };
}

/** The numbers of calls in flight and of those waiting for a slot or turn. */
export interface CallCounts {
  readonly inFlight: number;
  readonly queued: number;
}

/**
 * Limits the calls in flight and per second. A call is sent when it has a slot and the pace allows it. Other calls wait
 * in queues, callers' calls before background calls. A sixteenth of the slots is reserved for callers, so that a lookup
 * does not wait for background calls.
 */
export function createCallLimits(slots: number, log: AlmaLog) {
  const pace = createPace(log, admit);
  const waiting = createWaitingLine(admit);
  /** Calls that have a slot and wait for another attempt. */
  const inSlots = createWaitingLine(admit);
  const inFlight = { caller: 0, background: 0 };

  /** Resolves when a call with a slot may be sent; undefined if it may be sent now. */
  function turn(request: AlmaRequest): Promise<unknown> | undefined {
    return inSlots.length === 0 && pace.take() ? undefined : inSlots.wait(request);
  }

  /** Acquires a slot. Returns the priority it counts for, which may change while waiting. */
  function acquireSlot(request: AlmaRequest): Priority | Promise<Priority> {
    const { priority } = request.options;
    if (waiting.length > 0) admit();
    if (!hasSlot(priority) || !pace.take()) return waiting.wait(request);
    inFlight[priority]++;
    return priority;
  }

  function hasSlot(priority: Priority): boolean {
    const { caller, background } = inFlight;
    if (caller + background >= slots) return false;
    return priority === "caller" || background < Math.max(1, slots - Math.ceil(slots / 16));
  }

  /** Sends waiting calls while turns and, for calls without one, slots are available. */
  function admit() {
    for (const priority of ["caller", "background"] as const)
      for (;;) {
        const isInSlot = inSlots.has(priority);
        if (!isInSlot && !(waiting.has(priority) && hasSlot(priority))) break;
        if (!pace.take()) return;
        // Takes the slot synchronously, so that no new call can.
        if (!isInSlot) inFlight[priority]++;
        (isInSlot ? inSlots : waiting).next(priority);
      }
  }

  return {
    pace,
    get traffic(): CallCounts {
      const { caller, background } = inFlight;
      return { inFlight: caller + background, queued: waiting.length };
    },

    /** Sends each call when it has a slot and a turn. */
    around:
      (send: Send): Send =>
      async (request) => {
        signalOf(request)?.throwIfAborted();
        const acquired = acquireSlot(request);
        const priority = typeof acquired === "string" ? acquired : await acquired;
        try {
          return await send(request);
        } finally {
          // The next call is sent before this answer is processed, so that Alma works in parallel.
          inFlight[priority]--;
          admit();
        }
      },
    turn,
  };
}
