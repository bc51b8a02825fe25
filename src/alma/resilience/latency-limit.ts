import { Unanswered } from "../http/errors.ts";
import type { AlmaRequest, AlmaResponse, Send } from "../http/send.ts";
import type { Pace } from "./pace.ts";

/** Statuses of an Alma, or of the proxy before it, that is overloaded. */
const OVERLOADED = new Set([502, 503, 504]);

/**
 * Tells a pace of each answer, and a limit, if there is one, of each read of one record. Lists and writes take as long
 * as they are large; a refusal takes none.
 */
export function withMeasurement(
  send: Send,
  clock: () => number,
  pace: Pace,
  limit: LatencyLimit | undefined,
): Send {
  let inFlight = 0;
  const note = ({ route, method, canBeSlow }: AlmaRequest, call: Omit<WireCall, "route">) => {
    if (method === "GET" && !canBeSlow) limit?.note({ route, ...call });
  };
  const noteAnswer = (request: AlmaRequest, { status, sentAt, endedAt }: AlmaResponse, calls: number) => {
    pace.note(status === 429);
    const isFailed = OVERLOADED.has(status);
    if (isFailed || status < 300 || status === 404)
      note(request, { sentAt, endedAt, inFlight: calls, isFailed });
  };
  return async (request) => {
    const calls = ++inFlight;
    try {
      const response = await send(request);
      noteAnswer(request, response, calls);
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

/** The lowest and the highest limit, and the first one. */
export const [LOWEST_LIMIT, HIGHEST_LIMIT, FIRST_LIMIT] = [4, 64, 16];
/** Calls whose average is the base of a route, and by which bases are measured anew. */
const SAMPLES = 64;
/** Milliseconds until bases are measured anew, at first and later. */
const [FIRST_INTERVAL, INTERVAL] = [5_000, 60_000];
/** How many times its base a round may take, and which share of its calls may fail, until the limit is lowered. */
const [LONG, FAILING_SHARE] = [1.5, 0.05];
/** What the limit is multiplied by then, and by what else until that happened for the first time. */
const [LOWERED, FIRST_RAISE] = [0.8, 1.5];
/** The share of the limit that a round has to use for it to be raised. */
const USED_SHARE = 0.75;

/** The read of one record that is over, as it was on the wire. Times in milliseconds by one clock. */
interface WireCall {
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
interface Base {
  sum: number;
  count: number;
  isComplete: boolean;
}

const newRound = () => ({ calls: 0, failed: 0, time: 0, baseTime: 0, inFlight: 0 });

/**
 * How many calls Alma works on at once, by how long it takes for the reads of single records. A round is as many calls
 * as the limit allows. One that took half as long again as without a queue, or in which more than one call in twenty
 * failed, multiplies the limit by 0.8; any other one that used it raises it by one, at first by half.
 *
 * What calls of a route take without a queue, its base, is measured anew each minute, with as few calls in flight as
 * the lowest limit allows, so that an Alma that became slower or faster is not compared with what it was. For a route
 * that is not called then it is what its first calls take.
 */
export function createLatencyLimit() {
  let limit = FIRST_LIMIT;
  /** Calls by which the bases have still to be measured; 0 while they are not. */
  let toMeasure = 0;
  let measureAt: number | undefined;
  const bases = new Map<string, Base>();
  /** Calls that were sent before say nothing about the present limit. */
  let ignoredBefore = Number.NEGATIVE_INFINITY;
  let wasLowered = false;
  let round = newRound();

  function startMeasuring(now: number): void {
    toMeasure = SAMPLES;
    measureAt = Number.POSITIVE_INFINITY;
    bases.clear();
    ignoredBefore = now;
  }

  function measure({ route, sentAt, endedAt }: WireCall): void {
    const base = baseOf(route);
    base.sum += endedAt - sentAt;
    base.count++;
    if (--toMeasure > 0) return;
    for (const measured of bases.values()) measured.isComplete = true;
    measureAt = endedAt + INTERVAL;
    round = newRound();
  }

  function count({ route, sentAt, endedAt, inFlight, isFailed }: WireCall): void {
    round.calls++;
    round.inFlight += inFlight;
    const base = baseOf(route);
    if (isFailed) round.failed++;
    else if (base.isComplete) {
      round.time += endedAt - sentAt;
      round.baseTime += base.sum / base.count;
    } else {
      base.sum += endedAt - sentAt;
      base.isComplete = ++base.count === SAMPLES;
    }
    if (round.calls >= limit) endRound(endedAt);
  }

  function baseOf(route: string): Base {
    const base = bases.get(route) ?? { sum: 0, count: 0, isComplete: false };
    bases.set(route, base);
    return base;
  }

  function endRound(now: number): void {
    const { calls, failed, time, baseTime, inFlight } = round;
    round = newRound();
    if (failed > FAILING_SHARE * calls || time > LONG * baseTime) {
      limit = Math.max(LOWEST_LIMIT, LOWERED * limit);
      ignoredBefore = now;
      wasLowered = true;
    } else if (baseTime > 0 && inFlight >= USED_SHARE * calls * limit) {
      const raised = wasLowered ? limit + 1 : FIRST_RAISE * limit;
      limit = Math.min(HIGHEST_LIMIT, raised);
    }
  }

  return {
    get current(): number {
      return toMeasure > 0 ? LOWEST_LIMIT : limit;
    },

    /** Takes a call that is over into account. */
    note(call: WireCall): void {
      const { sentAt, endedAt, inFlight, isFailed } = call;
      measureAt ??= endedAt + FIRST_INTERVAL;
      if (endedAt >= measureAt) startMeasuring(endedAt);
      if (sentAt < ignoredBefore) return;
      if (toMeasure === 0) count(call);
      else if (inFlight <= LOWEST_LIMIT && !isFailed) measure(call);
    },
  };
}

type LatencyLimit = ReturnType<typeof createLatencyLimit>;
