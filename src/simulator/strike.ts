import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./answer.ts";
import type { FaultKind } from "./fault.ts";
import { proxyPage } from "./html.ts";
import type { Entry } from "./log.ts";
import { requestMessage } from "./message.ts";
import type { World } from "./world.ts";

/** The answer under a fault, or "reset" if there is to be none. */
export async function struck(
  fault: FaultKind | undefined,
  answer: () => Answer,
  entry: Entry,
  { switches }: World,
  left: Promise<void>,
): Promise<Answer | "reset"> {
  switch (fault?.kind) {
    case undefined:
    case "cut":
      return answer();
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
      answer();
      return "reset";
    case "transform": {
      const usual = answer();
      return { ...usual, body: fault.change(structuredClone(usual.body), entry) };
    }
    case "stall": {
      const early = fault.point === "before" ? answer() : undefined;
      if (fault.ms === undefined) {
        await left;
        return "reset";
      }
      // Whoever asked may have left by then: what was asked is carried out all the same.
      await sleep(fault.ms);
      return early ?? answer();
    }
  }
}
