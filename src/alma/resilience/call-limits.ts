import type { AlmaLog } from "../http/log.ts";
import { type AlmaRequest, type AlmaResponse, type Send, signalOf } from "../http/send.ts";
import type { Slices } from "../http/slice.ts";
import { Pace } from "./pace.ts";
import { type Priority, WaitingLine } from "./waiting-line.ts";

/** How many calls are in flight, and how many wait for a slot or a turn. */
export interface Traffic {
  readonly inFlight: number;
  readonly queued: number;
}

/**
 * How many calls are in flight at once, and in a second. A call is sent when it has one of the slots, and it is its
 * turn by the pace. The others wait in a line, callers' calls before background calls, and a sixteenth of the slots is
 * kept for callers, so that a lookup does not wait until a background call ends.
 *
 * The answer of an urgent call is passed on at once, others in the order of their arrival and in slices: a screen does
 * not wait until the answers that arrived with its own are worked on.
 */
export class CallLimits {
  readonly pace: Pace;
  readonly #atOnce: () => number;
  readonly #waiting = new WaitingLine(() => this.#admit());
  /** Calls that have a slot, or need none, and wait for their turn. */
  readonly #inSlots = new WaitingLine(() => this.#admit());
  /** In which answers are worked on. */
  readonly #slices: Slices;
  readonly #inFlight = { caller: 0, background: 0 };

  /** `atOnce`: how many calls may be in flight at the time. */
  constructor(atOnce: () => number, slices: Slices, log: AlmaLog) {
    this.#atOnce = atOnce;
    this.#slices = slices;
    this.pace = new Pace(log, () => this.#admit());
  }

  get traffic(): Traffic {
    const { caller, background } = this.#inFlight;
    return { inFlight: caller + background, queued: this.#waiting.length };
  }

  /** Sends each call when it has a slot and a turn; one for which `isFree` holds needs no slot. */
  around(send: Send, isFree: (request: AlmaRequest) => boolean = () => false): Send {
    return async (request) => {
      signalOf(request)?.throwIfAborted();
      if (!isFree(request)) return this.#sendInSlot(send, request);
      await this.turn(request);
      return send(request);
    };
  }

  /** Resolves when it is the turn of a call that has a slot, or needs none; undefined if that is now. */
  turn(request: AlmaRequest): Promise<unknown> | undefined {
    return this.#inSlots.length === 0 && this.pace.take() ? undefined : this.#inSlots.wait(request);
  }

  async #sendInSlot(send: Send, request: AlmaRequest): Promise<AlmaResponse> {
    const acquired = this.#acquireSlot(request);
    const priority = typeof acquired === "string" ? acquired : await acquired;
    let response: AlmaResponse;
    let isPassedOn = false;
    try {
      response = await send(request);
      isPassedOn = request.options.isUrgent ?? true;
      // Where answers wait longer than calls take, no further calls are sent until these are worked on.
      if (!isPassedOn && this.#slices.waiting >= this.#atOnce()) {
        await this.#slices.next();
        isPassedOn = true;
      }
    } finally {
      this.#inFlight[priority]--;
      this.#admit();
    }
    // The next call is sent before this answer is processed, so that Alma works on it meanwhile.
    if (!isPassedOn) await this.#slices.next();
    return response;
  }

  /** Acquires a slot. Returns the priority for which it counts, which may be another one by the time it is free. */
  #acquireSlot(request: AlmaRequest): Priority | Promise<Priority> {
    const { priority } = request.options;
    if (this.#waiting.length > 0) this.#admit();
    if (!this.#hasSlot(priority) || !this.pace.take()) return this.#waiting.wait(request);
    this.#inFlight[priority]++;
    return priority;
  }

  #hasSlot(priority: Priority): boolean {
    const slots = Math.floor(this.#atOnce());
    const { caller, background } = this.#inFlight;
    if (caller + background >= slots) return false;
    return priority === "caller" || background < Math.max(1, slots - Math.ceil(slots / 16));
  }

  /** Sends waiting calls, as long as there are turns, and slots for those that have none. */
  #admit(): void {
    for (const priority of ["caller", "background"] as const)
      for (;;) {
        const hasSlot = this.#inSlots.has(priority);
        if (!hasSlot && !(this.#waiting.has(priority) && this.#hasSlot(priority))) break;
        if (!this.pace.take()) return;
        // The slot is taken at once, so that no new call can take it.
        if (hasSlot) this.#inSlots.next(priority);
        else if (this.#waiting.next(priority)) this.#inFlight[priority]++;
      }
  }
}
