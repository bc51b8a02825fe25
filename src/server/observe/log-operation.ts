import type { Log } from "../../config/index.ts";
import type { AuditedRequest } from "./audit-log.ts";
import type { Metrics } from "./metrics.ts";
import type { OperationOutcome } from "./operation-outcome.ts";

/** An operation whose response is ready. */
export interface EndedOperation extends OperationOutcome {
  readonly request: AuditedRequest;
  /** As its document names it. */
  readonly name: string | undefined;
  readonly kind: string | undefined;
  /** The hash of its document. */
  readonly hash: string | undefined;
  /** When it began, by `performance.now()`. */
  readonly startedAt: number;
  /** Whether it got a kept answer. */
  readonly isKept?: boolean;
}

/** Logs and counts an operation. Values of variables and fields are never logged. */
export function logOperation(log: Log, metrics: Metrics, ended: EndedOperation): void {
  const { request, name, kind, hash, outcome, codes, calls, reused, age, startedAt, isKept } = ended;
  const ms = performance.now() - startedAt;
  metrics.recordOperation({ name, kind, outcome: outcome.replace(/:.*/, ""), codes, ms, calls });
  if (!log.isLevelEnabled("info")) return;
  const { requestId, caller, client } = request;
  log.info(
    {
      requestId,
      operation: name,
      kind,
      hash: hash?.slice(0, 16),
      ms: Math.round(ms * 10) / 10,
      calls,
      reused,
      age,
      kept: isKept,
      outcome,
      caller: caller.id,
      name: caller.name,
      link: caller.link,
      client,
    },
    "operation",
  );
}
