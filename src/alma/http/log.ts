import { AlmaError, Unanswered } from "./errors.ts";
import type { AlmaRequest, Send } from "./send.ts";

/** Where the client writes; pino's loggers fit. */
export interface AlmaLog {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** One HTTP request and what came of it: the status of the answer, or the code of the failure. */
export interface AlmaCall {
  /** As in `GET realty/units/{id}/`: never an id. */
  readonly route: string;
  readonly method: string;
  readonly status?: number;
  readonly errorCode?: string;
  readonly ms: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/** Tells the log and the observer of each attempt. Neither is told an id, a body, a host or the key. */
export function withLogging(
  send: Send,
  { log, onCall }: { log: AlmaLog; onCall: (call: AlmaCall) => void },
): Send {
  const report = (
    request: AlmaRequest,
    startedAt: number,
    outcome: Pick<AlmaCall, "status" | "errorCode">,
    reason?: string,
  ) => {
    const { method, route, attempt = 1, options } = request;
    const call = { route, method, ...outcome, ms: performance.now() - startedAt, attempt };
    log.debug({ ...call, reason, requestId: options.requestId }, "asked Alma");
    onCall(call);
  };
  return async (request) => {
    const startedAt = performance.now();
    try {
      const response = await send(request);
      report(request, startedAt, { status: response.status });
      return response;
    } catch (error) {
      const errorCode = error instanceof AlmaError ? error.code : "ABORTED";
      report(request, startedAt, { errorCode }, error instanceof Unanswered ? error.reason : undefined);
      throw error;
    }
  };
}
