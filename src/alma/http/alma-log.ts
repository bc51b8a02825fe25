import { AlmaError, NoResponseError } from "./errors.ts";
import type { Send } from "./send.ts";

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
  return async (request) => {
    const { method, route, attempt = 1, options } = request;
    const startedAt = performance.now();
    const report = (outcome: Pick<AlmaCall, "status" | "errorCode">, reason?: string) => {
      const call = { route, method, ...outcome, ms: performance.now() - startedAt, attempt };
      log.debug({ ...call, reason, requestId: options.requestId }, "asked Alma");
      onCall(call);
    };
    try {
      const response = await send(request);
      report({ status: response.status });
      return response;
    } catch (error) {
      const errorCode = error instanceof AlmaError ? error.code : "ABORTED";
      report({ errorCode }, error instanceof NoResponseError ? error.reason : undefined);
      throw error;
    }
  };
}
