import { AlmaError, NoResponseError } from "./errors.ts";
import type { AlmaRequest, Send } from "./send.ts";

/** The logger of the client, a subset of pino's interface. */
export interface AlmaLog {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** A finished HTTP request, with the status of its response or the code of its failure. */
export interface AlmaCall {
  /** The path without ids: `GET realty/units/{id}/`. */
  readonly route: string;
  readonly method: string;
  readonly status?: number;
  readonly errorCode?: string;
  readonly ms: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/** Reports each attempt to the log and to `onCall`, without ids, bodies, host names or the API key. */
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
      report(request, startedAt, { errorCode }, error instanceof NoResponseError ? error.reason : undefined);
      throw error;
    }
  };
}
