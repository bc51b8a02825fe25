import type { Log } from "../../config/index.ts";
import type { Caller } from "../scope/scope.ts";
import type { Metrics } from "./metrics.ts";

/** A finished write. */
export interface WriteRecord {
  readonly mutation: string;
  /** The record's global id (`Unit:9199`); without one, the ref in the arguments (`externalId:21_01`), if any. */
  readonly record: string | undefined;
  readonly dryRun: boolean;
  /** `done`, `refused`, `unknown` (Alma may have done it), or `failed`. */
  readonly outcome: string;
  /** The codes of its user errors, or of its error. */
  readonly codes: readonly string[];
}

/** A request as the audit log shows it. */
export interface AuditedRequest {
  readonly requestId: string;
  /** For a shared answer, the caller who bears its cost this time; it has no name. */
  readonly caller: Caller;
  /** The recipients of an answer shared by equal requests. */
  readonly followers?: readonly AuditedRequest[] | undefined;
  /** The client's own name, from Apollo's `apollographql-client-name` header. */
  readonly client: string | undefined;
}

/**
 * Records who read and wrote what, at every log level except `silent`. Alma sees the same key for all callers, so these
 * log lines are the only record.
 */
export function createAuditLog(log: Log, metrics: Metrics) {
  const auditLogger = log.level === "silent" ? log : log.child({}, { level: "info" });
  let writesInFlight = 0;
  let idleCallbacks: (() => void)[] = [];
  const callerFields = ({ requestId, caller, client }: AuditedRequest) => ({
    requestId,
    caller: caller.id,
    name: caller.name,
    link: caller.link,
    client,
  });
  return {
    /** Records that secret fields were read, without their values. */
    recordSecretRead(request: AuditedRequest, record: string, fields: readonly string[]) {
      metrics.recordSecretRead();
      auditLogger.info({ ...callerFields(request), record, fields }, "secrets read");
    },
    recordWrite(request: AuditedRequest, { mutation, record, dryRun, outcome, codes }: WriteRecord) {
      metrics.recordWrite(mutation, outcome);
      const codeFields = codes.length > 0 && { codes };
      auditLogger.info(
        { ...callerFields(request), mutation, record, ...(dryRun && { dryRun }), outcome, ...codeFields },
        "write",
      );
    },
    /** Counts an operation with writes. Returns a function to call when it ends. */
    beginWrites() {
      writesInFlight += 1;
      return () => {
        writesInFlight -= 1;
        if (writesInFlight > 0) return;
        for (const callback of idleCallbacks) callback();
        idleCallbacks = [];
      };
    },
    /** Resolves when no operation with writes is running, including those of disconnected callers. */
    whenIdle: (): Promise<void> =>
      writesInFlight === 0 ? Promise.resolve() : new Promise((resolve) => idleCallbacks.push(resolve)),
  };
}

export type AuditLog = ReturnType<typeof createAuditLog>;
