import type { ApolloServerPlugin } from "@apollo/server";
import type { OperationDefinitionNode } from "graphql";
import type { Log } from "../http/log.ts";
import { logOperation } from "../observe/log-operation.ts";
import type { Metrics } from "../observe/metrics.ts";
import { outcomeOf } from "../observe/operation-outcome.ts";
import type { ServerContext } from "../operation/server-context.ts";

/**
 * Logs and counts each operation when its response is ready, and logs each record whose secrets it read. Values of
 * variables and fields are never logged.
 */
export function operationLogPlugin(log: Log, metrics: Metrics): ApolloServerPlugin<ServerContext> {
  return {
    async requestDidStart() {
      return {
        async executionDidStart({
          operation,
          contextValue,
        }: {
          operation?: OperationDefinitionNode;
          contextValue: ServerContext;
        }) {
          // Undefined, contrary to Apollo's types, if the document does not have the operation that was named.
          if (operation?.operation !== "mutation") return;
          const endWrites = contextValue.admittedRequest.audit.beginWrites();
          return { executionDidEnd: async () => endWrites() };
        },
        async willSendResponse({ contextValue, operationName, operation, queryHash, response }) {
          const current = contextValue.admittedRequest;
          const { startedAt, audit, secretsRead } = current;
          for (const [record, fields] of secretsRead) audit.recordSecretRead(current, record, [...fields]);
          logOperation(log, metrics, {
            request: current,
            name: operationName ?? undefined,
            kind: operation?.operation,
            hash: queryHash,
            startedAt,
            ...outcomeOf(current, response),
          });
        },
      };
    },
  };
}
