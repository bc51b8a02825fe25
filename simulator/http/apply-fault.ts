import { setTimeout as sleep } from "node:timers/promises";
import type { SimulatorContext } from "../store/context.ts";
import type { FaultKind } from "./fault.ts";
import { proxyPage } from "./html.ts";
import type { LogEntry } from "./log.ts";
import { requestMessage } from "./message.ts";
import type { ApiResponse } from "./route.ts";

/**
 * Answers a request under a fault; "reset" means that the connection is to be reset without an answer. `disconnected`
 * resolves when the client has closed the connection.
 */
export async function applyFault(
  fault: FaultKind | undefined,
  respond: () => ApiResponse,
  entry: LogEntry,
  { switches }: SimulatorContext,
  disconnected: Promise<void>,
): Promise<ApiResponse | "reset"> {
  switch (fault?.kind) {
    case undefined:
    case "cut":
      return respond();
    case "status": {
      const headers =
        fault.retryAfter === undefined ? undefined : { "Retry-After": String(fault.retryAfter) };
      return { status: fault.status, body: fault.body ?? { detail: `Status ${fault.status}.` }, headers };
    }
    case "vanish":
      return { status: 404, body: { detail: requestMessage.notFound[switches.language] } };
    case "html":
      return proxyPage(fault.status ?? 502);
    case "reset":
      return "reset";
    case "lostAnswer":
      respond();
      return "reset";
    case "late":
      setTimeout(respond, typeof fault.ms === "number" ? fault.ms : fault.ms()).unref();
      return "reset";
    case "transform": {
      const response = respond();
      return { ...response, body: fault.change(structuredClone(response.body), entry) };
    }
    case "stall": {
      const response = fault.point === "before" ? respond() : undefined;
      if (fault.ms === undefined) {
        await disconnected;
        return "reset";
      }
      // The request is performed even if its client disconnects meanwhile.
      await sleep(fault.ms);
      return response ?? respond();
    }
  }
}
