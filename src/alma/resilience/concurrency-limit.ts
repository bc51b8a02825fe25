import { type AlmaRequest, type AlmaResponse, type Send, signalOf } from "../http/send.ts";
import { AnswerLine } from "./answer-line.ts";
import { type Priority, WaitingLine } from "./waiting-line.ts";

/** How many calls are in flight, and how many wait for a slot. */
export interface Traffic {
  readonly inFlight: number;
  readonly queued: number;
}

/**
 * Limits how many calls are in flight, to what `limit` returns at the time. The others wait in a line, callers' calls
 * before background calls, and a sixteenth of the slots is kept for callers, so that a lookup does not wait until a
 * background call ends. Calls for which `isFree` holds are neither counted nor limited.
 *
 * The answer of an urgent call is passed on at once, others in the order of their arrival and in slices: a screen does
 * not wait until the answers that arrived with its own are worked on.
 */
export function withConcurrencyLimit(
  send: Send,
  limit: () => number,
  isFree: (request: AlmaRequest) => boolean = () => false,
): { send: Send; traffic: () => Traffic } {
  const line = new WaitingLine(() => admit());
  const answers = new AnswerLine();
  const inFlight = { caller: 0, background: 0 };

  const hasSlot = (priority: Priority): boolean => {
    const slots = Math.floor(limit());
    if (inFlight.caller + inFlight.background >= slots) return false;
    return priority === "caller" || inFlight.background < Math.max(1, slots - Math.ceil(slots / 16));
  };

  /** Gives each free slot to a waiting call. */
  const admit = (): void => {
    // The slot is taken at once, so that no new call can take it.
    for (const priority of ["caller", "background"] as const)
      while (hasSlot(priority) && line.next(priority)) inFlight[priority]++;
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
    let response: AlmaResponse;
    let isPassedOn = false;
    try {
      response = await send(request);
      isPassedOn = request.options.isUrgent ?? true;
      // Where answers wait longer than calls take, no further calls are sent until these are worked on.
      if (!isPassedOn && answers.length >= limit()) {
        await answers.wait();
        isPassedOn = true;
      }
    } finally {
      inFlight[priority]--;
      admit();
    }
    // The next call is sent before this answer is processed, so that Alma works on it meanwhile.
    if (!isPassedOn) await answers.wait();
    return response;
  };

  return {
    send: async (request) => {
      signalOf(request)?.throwIfAborted();
      return isFree(request) ? send(request) : sendInSlot(request);
    },
    traffic: () => ({ inFlight: inFlight.caller + inFlight.background, queued: line.length }),
  };
}
