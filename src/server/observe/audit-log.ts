import type { Caller } from "../access/scope.ts";
import type { Log } from "../http/log.ts";
import type { Metrics } from "./metrics.ts";

/** A write as it ended. */
export interface WriteRecord {
  readonly mutation: string;
  /** `Unit:9199`; as the caller named it (`externalId:21_01`) if the answer does not say; undefined if nobody does. */
  readonly record: string | undefined;
  readonly dryRun: boolean;
  /** `done`, `refused`, `unknown` (whether Alma did it), or `failed`. */
  readonly outcome: string;
  /** Why not: the codes of the user errors, or the error's. */
  readonly codes: readonly string[];
}

/** What the audit log says of the request that did something. */
export interface AuditedRequest {
  readonly requestId: string;
  readonly caller: Caller;
  /** What the client calls itself: Apollo's `apollographql-client-name` header, else undefined. */
  readonly client: string | undefined;
}

/** Who did what. Alma sees one key for everybody, so that these lines are the only record of it. */
export interface AuditLog {
  /** Notes that a record's secrets were read: never what they are. */
  recordSecretRead(request: AuditedRequest, record: string, fields: readonly string[]): void;
  /** Notes a write when it is over. */
  recordWrite(request: AuditedRequest, write: WriteRecord): void;
  /** Says that an operation with writes has begun; call what it returns when it is over. */
  beginWrites(): () => void;
  /** Resolves when no such operation is under way, those included whose callers have left. */
  whenIdle(): Promise<void>;
}

/** Lines in the log whatever its level is, unless that is `silent`. */
export function createAuditLog(log: Log, metrics: Metrics): AuditLog {
  const auditLogger = log.level === "silent" ? log : log.child({}, { level: "info" });
  let writesInFlight = 0;
  let idleCallbacks: (() => void)[] = [];
  const callerFields = ({ requestId, caller, client }: AuditedRequest) => ({
    requestId,
    caller: caller.id,
    name: caller.name,
    client,
  });
  return {
    recordSecretRead(request, record, fields) {
      metrics.recordSecretRead();
      auditLogger.info({ ...callerFields(request), record, fields }, "secrets read");
    },
    recordWrite(request, { mutation, record, dryRun, outcome, codes }) {
      metrics.recordWrite(mutation, outcome);
      const codeFields = codes.length > 0 && { codes };
      auditLogger.info(
        { ...callerFields(request), mutation, record, ...(dryRun && { dryRun }), outcome, ...codeFields },
        "write",
      );
    },
    beginWrites() {
      writesInFlight += 1;
      return () => {
        writesInFlight -= 1;
        if (writesInFlight > 0) return;
        for (const callback of idleCallbacks) callback();
        idleCallbacks = [];
      };
    },
    whenIdle: () =>
      writesInFlight === 0 ? Promise.resolve() : new Promise((resolve) => idleCallbacks.push(resolve)),
  };
}
