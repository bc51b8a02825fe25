import type { Log } from "./log.ts";
import type { Metrics } from "./metric.ts";
import type { Operation } from "./operation.ts";

/** A write as it ended. */
export interface Write {
  readonly mutation: string;
  /** `Unit:9199`; as the caller named it (`externalId:21_01`) if the answer does not say; undefined if nobody does. */
  readonly record: string | undefined;
  readonly dryRun: boolean;
  /** `done`, `refused`, `unknown` (whether Alma did it), or `failed`. */
  readonly outcome: string;
  /** Why not: the codes of the user errors, or the error's. */
  readonly codes: readonly string[];
}

/** Who did what. Alma sees one key for everybody, so that these lines are the only record of it. */
export interface Audit {
  /** Notes that a record's secrets were read: never what they are. */
  secrets(operation: Operation, record: string, fields: readonly string[]): void;
  /** Notes a write when it is over. */
  write(operation: Operation, write: Write): void;
  /** Says that an operation with writes has begun; call what it returns when it is over. */
  begin(): () => void;
  /** Resolves when no such operation is under way, those included whose callers have left. */
  quiet(): Promise<void>;
}

/** Lines in the log whatever its level is, unless that is `silent`. */
export function createAudit(log: Log, metrics: Metrics): Audit {
  const lines = log.level === "silent" ? log : log.child({}, { level: "info" });
  let underWay = 0;
  let waiting: (() => void)[] = [];
  const who = ({ requestId, caller, client }: Operation) => ({
    requestId,
    caller: caller.id,
    name: caller.name,
    client,
  });
  return {
    secrets(operation, record, fields) {
      metrics.secret();
      lines.info({ ...who(operation), record, fields }, "secrets read");
    },
    write(operation, { mutation, record, dryRun, outcome, codes }) {
      metrics.write(mutation, outcome);
      const why = codes.length > 0 && { codes };
      lines.info(
        { ...who(operation), mutation, record, ...(dryRun && { dryRun }), outcome, ...why },
        "write",
      );
    },
    begin() {
      underWay += 1;
      return () => {
        underWay -= 1;
        if (underWay > 0) return;
        for (const go of waiting) go();
        waiting = [];
      };
    },
    quiet: () => (underWay === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
