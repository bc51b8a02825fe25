import { Unanswered } from "../http/errors.ts";
import type { AlmaRequest, AlmaResponse, Send } from "../http/send.ts";
import type { LatencyLimit, WireCall } from "./latency-limit.ts";
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
