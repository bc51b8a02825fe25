import type { ApolloServerPlugin } from "@apollo/server";
import type { OperationDefinitionNode } from "graphql";
import type { Served } from "./graphql.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metric.ts";
import { outcomeOf } from "./outcome.ts";

/**
 * One line and one count for each operation, when its answer is ready, and one line for each record of which it read
 * secrets. Never a value of a variable or a field.
 */
export function journal(log: Log, metrics: Metrics): ApolloServerPlugin<Served> {
  return {
    async requestDidStart() {
      return {
        async executionDidStart({
          operation,
          contextValue,
        }: {
          operation?: OperationDefinitionNode;
          contextValue: Served;
        }) {
          // None, whatever Apollo's types promise, if the document has not the operation that was named.
          if (operation?.operation !== "mutation") return;
          const over = contextValue.operation.audit.begin();
          return { executionDidEnd: async () => over() };
        },
        async willSendResponse({ contextValue, operationName, operation, queryHash, response }) {
          const current = contextValue.operation;
          const { requestId, caller, client, startedAt, audit, secretsRead } = current;
          const { outcome, codes, calls, reused, age } = outcomeOf(current, response);
          const ms = performance.now() - startedAt;
          const kind = operation?.operation;
          const name = operationName ?? undefined;
          metrics.operation({ name, kind, outcome: outcome.replace(/:.*/, ""), codes, ms, calls });
          for (const [record, fields] of secretsRead) audit.secrets(current, record, [...fields]);
          if (!log.isLevelEnabled("info")) return;
          log.info(
            {
              requestId,
              operation: name,
              kind,
              hash: queryHash?.slice(0, 16),
              ms: Math.round(ms * 10) / 10,
              calls,
              reused,
              age,
              outcome,
              caller: caller.id,
              name: caller.name,
              client,
            },
            "operation",
          );
        },
      };
    },
  };
}
