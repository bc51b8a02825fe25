import type { AlmaRequest, AlmaResponse, Send } from "../http/send.ts";
import { type Priority, WaitingLine } from "./waiting-line.ts";

/** How many calls are in flight, and how many wait for a slot. */
export interface Traffic {
  readonly inFlight: number;
  readonly queued: number;
}

/** Resolves after calls that just got a slot are written to their sockets; undici writes once per event loop tick. */
const nextWrite = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/**
 * Limits how many calls are in flight, to what `limit` returns at the time. The others wait in a line, callers' calls
 * before background calls, and a sixteenth of the slots is kept for callers, so that a lookup does not wait until a
 * background call ends. Calls for which `isFree` holds are neither counted nor limited.
 */
export function withConcurrencyLimit(
  send: Send,
  limit: () => number,
  isFree: (request: AlmaRequest) => boolean = () => false,
): { send: Send; traffic: () => Traffic } {
  const line = new WaitingLine(() => admit());
  const inFlight = { caller: 0, background: 0 };

  const hasSlot = (priority: Priority): boolean => {
    const slots = Math.floor(limit());
    if (inFlight.caller + inFlight.background >= slots) return false;
    return priority === "caller" || inFlight.background < Math.max(1, slots - Math.ceil(slots / 16));
  };

  /** Gives each free slot to a waiting call. Returns whether any got one. */
  const admit = (): boolean => {
    let hasAdmitted = false;
    for (const priority of ["caller", "background"] as const)
      while (hasSlot(priority) && line.next(priority)) {
        // The slot is taken now, so that no new call can take it.
        inFlight[priority]++;
        hasAdmitted = true;
      }
    return hasAdmitted;
  };

  /** Acquires a slot. Returns the priority for which it counts, which may be another one by the time it is free. */
  const acquireSlot = (request: AlmaRequest): Priority | Promise<Priority> => {
    const { priority } = request.options;
    if (line.length > 0) admit();
    if (!hasSlot(priority)) return line.wait(request);
    inFlight[priority]++;
    return priority;
  };

  const sendInSlot: Send = async (request) => {
    const acquired = acquireSlot(request);
    const priority = typeof acquired === "string" ? acquired : await acquired;
    let hasSuccessor: boolean;
    let response: AlmaResponse;
    try {
      response = await send(request);
    } finally {
      inFlight[priority]--;
      hasSuccessor = admit();
    }
    // The next call is sent before this answer is processed, so that Alma works on it meanwhile.
    if (hasSuccessor) await nextWrite();
    return response;
  };

  return {
    send: async (request) => {
      if (request.method === "GET") request.options.signal?.throwIfAborted();
      return isFree(request) ? send(request) : sendInSlot(request);
    },
    traffic: () => ({ inFlight: inFlight.caller + inFlight.background, queued: line.length }),
  };
}
