import { Unanswered } from "../http/errors.ts";
import type { AlmaRequest, AlmaResponse, Send } from "../http/send.ts";

/** The lowest and the highest limit, and the first one. */
export const [LOWEST_LIMIT, HIGHEST_LIMIT, FIRST_LIMIT] = [4, 64, 16];
/** Calls that wait inside Alma: the limit is raised where fewer do, and lowered where more do. */
const [SHORT_QUEUE, LONG_QUEUE] = [3, 6];
/** Calls whose average is a route's time without a queue. */
const SAMPLES = 16;
/** Milliseconds until times without a queue are measured, at first and again; the latter also in times of a call. */
const [FIRST_INTERVAL, INTERVAL, INTERVAL_IN_CALLS] = [5_000, 60_000, 200];
/** The share of failed calls, in a round, from which on Alma counts as overloaded. */
const FAILING_SHARE = 0.05;

/** A call that is over, as it was on the wire. Times in milliseconds by one clock. */
export interface WireCall {
  /** Calls of one route take about the same time. */
  readonly route: string;
  readonly sentAt: number;
  readonly endedAt: number;
  /** How many calls were in flight when it was sent, itself included. */
  readonly inFlight: number;
  /** No answer, or one that says that Alma is overloaded. */
  readonly isFailed: boolean;
}

/** The average of the first calls of a route. */
interface Average {
  sum: number;
  count: number;
}

/**
 * How many calls Alma can work on at once, by TCP Vegas' rule. From how much longer calls take than without a queue
 * follows how many of them wait inside Alma: calls in flight × (1 − time without a queue / average time). A round is as
 * many calls as the limit allows, all of them sent since the last change. What is lowered by half of the excess is
 * raised by half while next to nothing waits, then by one. Only rounds that use the limit raise it.
 *
 * Times without a queue are measured each minute, with as few calls in flight as the lowest limit allows, so that an
 * Alma that became slower or faster is not compared with what it was. A route that was not called by then is measured
 * by its first calls.
 */
export class LatencyLimit {
  #limit = FIRST_LIMIT;
  #isMeasuring = false;
  #measureAt: number | undefined;
  /** By route, the time without a queue. */
  #unqueued = new Map<string, Average>();
  #changedAt = Number.NEGATIVE_INFINITY;
  #round = { calls: 0, failed: 0, compared: 0, time: 0, unqueuedTime: 0, inFlight: 0 };

  get current(): number {
    return this.#isMeasuring ? LOWEST_LIMIT : this.#limit;
  }

  /** Takes a call that is over into account. */
  note(call: WireCall): void {
    const { sentAt, endedAt, inFlight, isFailed } = call;
    this.#measureAt ??= endedAt + FIRST_INTERVAL;
    if (!this.#isMeasuring && endedAt >= this.#measureAt) this.#startMeasuring(endedAt);
    if (sentAt < this.#changedAt) return;
    if (this.#isMeasuring) {
      if (inFlight <= LOWEST_LIMIT && !isFailed) this.#measure(call);
      return;
    }
    const round = this.#round;
    round.calls++;
    round.inFlight += inFlight;
    if (isFailed) round.failed++;
    else this.#compare(call);
    if (round.calls >= this.#limit) this.#endRound(endedAt);
  }

  #startMeasuring(now: number): void {
    this.#isMeasuring = true;
    this.#unqueued = new Map();
    this.#change(this.#limit, now);
  }

  #measure({ route, sentAt, endedAt }: WireCall): void {
    const average = this.#averageOf(route);
    addTo(average, endedAt - sentAt);
    if (average.count < SAMPLES) return;
    this.#isMeasuring = false;
    this.#measureAt = endedAt + Math.max(INTERVAL, INTERVAL_IN_CALLS * meanOf(average));
    this.#change(this.#limit, endedAt);
  }

  #compare({ route, sentAt, endedAt }: WireCall): void {
    const average = this.#averageOf(route);
    if (average.count < SAMPLES) {
      addTo(average, endedAt - sentAt);
      return;
    }
    this.#round.compared++;
    this.#round.time += endedAt - sentAt;
    this.#round.unqueuedTime += meanOf(average);
  }

  #averageOf(route: string): Average {
    const average = this.#unqueued.get(route) ?? { sum: 0, count: 0 };
    this.#unqueued.set(route, average);
    return average;
  }

  #endRound(now: number): void {
    const { calls, failed, compared, time, unqueuedTime, inFlight } = this.#round;
    const used = inFlight / calls;
    const queue = compared === 0 ? SHORT_QUEUE : used * (1 - unqueuedTime / time);
    let limit = this.#limit;
    if (failed > FAILING_SHARE * calls) limit *= 0.8;
    else if (queue > LONG_QUEUE) limit -= Math.max(1, (queue - LONG_QUEUE) / 2);
    else if (queue < SHORT_QUEUE && used >= 0.75 * limit) limit += queue < 1 ? limit / 2 : 1;
    this.#change(Math.min(HIGHEST_LIMIT, Math.max(LOWEST_LIMIT, limit)), now);
  }

  /** Begins a new round, with another limit or the same. */
  #change(limit: number, now: number): void {
    if (limit !== this.#limit || this.#isMeasuring) this.#changedAt = now;
    this.#limit = limit;
    this.#round = { calls: 0, failed: 0, compared: 0, time: 0, unqueuedTime: 0, inFlight: 0 };
  }
}

function addTo(average: Average, time: number): void {
  average.sum += time;
  average.count++;
}

const meanOf = ({ sum, count }: Average): number => sum / count;

/** Statuses of an Alma, or of the proxy before it, that is overloaded. */
const OVERLOADED = new Set([502, 503, 504]);

/** Tells a limit of each read of one record. Lists and writes take as long as they are large; a refusal takes none. */
export function withMeasurement(send: Send, clock: () => number, limit: LatencyLimit): Send {
  let inFlight = 0;
  const note = ({ route, method, canBeSlow }: AlmaRequest, call: Omit<WireCall, "route">) => {
    if (method === "GET" && !canBeSlow) limit.note({ route, ...call });
  };
  const answered = (request: AlmaRequest, { status, sentAt, endedAt }: AlmaResponse, calls: number) => {
    const isFailed = OVERLOADED.has(status);
    if (isFailed || status < 300 || status === 404)
      note(request, { sentAt, endedAt, inFlight: calls, isFailed });
  };
  return async (request) => {
    const calls = ++inFlight;
    try {
      const response = await send(request);
      answered(request, response, calls);
      return response;
    } catch (error) {
      // A read that its caller aborted says nothing.
      if (error instanceof Unanswered && error.isTransient && error.sentAt !== undefined)
        note(request, { sentAt: error.sentAt, endedAt: clock(), inFlight: calls, isFailed: true });
      throw error;
    } finally {
      inFlight--;
    }
  };
}
