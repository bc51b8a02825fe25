import type { ApolloServerPlugin } from "@apollo/server";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import type { Served } from "./graphql.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metric.ts";

/** What the graph says in `extensions.alma` about one answer. */
interface Cost {
  readonly calls?: number;
  readonly reused?: number;
  readonly oldest?: string | null;
}

/**
 * One line and one count for each operation, when its answer is ready, and one line for each record of which it read
 * secrets. Never a value of a variable or a field.
 */
export function journal(log: Log, metrics: Metrics): ApolloServerPlugin<Served> {
  return {
    async requestDidStart() {
      return {
        async executionDidStart({ operation, contextValue }) {
          if (operation.operation !== "mutation") return;
          const over = contextValue.operation.audit.begin();
          return { executionDidEnd: async () => over() };
        },
        async willSendResponse({ contextValue, operationName, operation, queryHash, response }) {
          const current = contextValue.operation;
          const { requestId, caller, client, startedAt, signal, audit, secretsRead } = current;
          const result = response.body.kind === "single" ? response.body.singleResult : undefined;
          const { calls = 0, reused, oldest } = (result?.extensions?.alma ?? {}) as Cost;
          const left = signal.aborted && !(signal.reason instanceof GraphQLError);
          const codes = left ? [] : (result?.errors ?? []).map(codeOf);
          const outcome = left ? "CALLER_LEFT" : outcomeOf(codes, result?.data);
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
              age: oldest ? Math.round((Date.now() - Date.parse(oldest)) / 100) / 10 : undefined,
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

function codeOf({ extensions }: GraphQLFormattedError): string {
  return typeof extensions?.code === "string" ? extensions.code : "INTERNAL_SERVER_ERROR";
}

/** `ok`, else the first error's code; with `partial:` before it when there is data all the same. */
function outcomeOf([first]: readonly string[], data: unknown): string {
  if (first === undefined) return "ok";
  return data ? `partial:${first}` : first;
}
