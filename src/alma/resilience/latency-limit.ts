import { Unanswered } from "../http/errors.ts";
import type { AlmaRequest, AlmaResponse, Send } from "../http/send.ts";
import type { Pace } from "./pace.ts";

/** Statuses of an overloaded Alma or proxy. */
const OVERLOADED = new Set([502, 503, 504]);

/**
 * Reports each answer to a pace, and each read of one record to a limit, if there is one. The duration of
 * lists and writes depends on their size; a refusal takes no time.
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
      // An aborted read says nothing.
      if (error instanceof Unanswered && error.isTransient && error.sentAt !== undefined)
        note(request, { sentAt: error.sentAt, endedAt: clock(), inFlight: calls, isFailed: true });
      throw error;
    } finally {
      inFlight--;
    }
  };
}

/** The lowest, highest and initial limit. */
export const [LOWEST_LIMIT, HIGHEST_LIMIT, FIRST_LIMIT] = [4, 64, 16];
/** The calls whose average is the base of a route, and by which bases are measured again. */
const SAMPLES = 64;
/** Milliseconds until bases are measured again, at first and later. */
const [FIRST_INTERVAL, INTERVAL] = [5_000, 60_000];
/** The duration, as a multiple of the base, and the share of failed calls at which the limit is lowered. */
const [LONG, FAILING_SHARE] = [1.5, 0.05];
/** The factor that lowers the limit, and the one that raises it until it is lowered for the first time. */
const [LOWERED, FIRST_RAISE] = [0.8, 1.5];
/** The share of the limit that a round must use for it to be raised. */
const USED_SHARE = 0.75;

/** A finished read of one record, as it was on the wire. Times in milliseconds by one clock. */
interface WireCall {
  /** Calls of one route take about the same time. */
  readonly route: string;
  readonly sentAt: number;
  readonly endedAt: number;
  /** The calls in flight when it was sent, including itself. */
  readonly inFlight: number;
  /** No answer, or one that means overload. */
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
 * Adapts the number of concurrent calls to how long Alma takes to read single records. A round is as many
 * calls as the limit allows. If it takes half as long again as without a queue, or more than one call in
 * twenty fails, the limit is multiplied by 0.8; any other round that used it raises it by one, at first by
 * half. The duration without a queue of a route, its base, is measured again each minute with as few calls in
 * flight as the lowest limit allows, so that an Alma that became slower or faster is not compared with its
 * past. For a route not called then it is the duration of its first calls.
 */
export function createLatencyLimit() {
  let limit = FIRST_LIMIT;
  /** Calls left for measuring the bases; 0 otherwise. */
  let toMeasure = 0;
  let measureAt: number | undefined;
  const bases = new Map<string, Base>();
  /** Calls sent before say nothing about the present limit. */
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

    /** Takes a finished call into account. */
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
