import type { OperationDefinitionNode } from "graphql";
import type { Log } from "../../config/index.ts";
import type { OperationHooks } from "../../graph/index.ts";
import type { ServerContext } from "../gate/server-context.ts";
import { logOperation } from "../observe/log-operation.ts";
import type { Metrics } from "../observe/metrics.ts";
import { outcomeOf } from "../observe/operation-outcome.ts";

/**
 * Logs and counts each operation when its response is ready, and logs each record whose secrets it read. Values of
 * variables and fields are never logged.
 */
export function operationLogHooks(log: Log, metrics: Metrics): OperationHooks<ServerContext> {
  return {
    executionDidStart({
      operation,
      contextValue,
    }: {
      operation?: OperationDefinitionNode;
      contextValue: ServerContext;
    }) {
      // Undefined, contrary to Apollo's types, if the document does not have the operation that was named.
      return operation?.operation === "mutation"
        ? contextValue.admittedRequest.audit.beginWrites()
        : undefined;
    },
    willSendResponse({ contextValue, operationName, operation, queryHash, response }) {
      const current = contextValue.admittedRequest;
      const { startedAt, audit, secretsRead } = current;
      const { outcome, codes, calls, reused, age } = outcomeOf(current, response);
      for (const [record, fields] of secretsRead) audit.recordSecretRead(current, record, [...fields]);
      logOperation(log, metrics, {
        request: current,
        name: operationName ?? undefined,
        kind: operation?.operation,
        hash: queryHash,
        startedAt,
        outcome,
        codes,
        calls,
        reused,
        age,
      });
    },
  };
}
