import type { ApolloServerPlugin } from "@apollo/server";
import type { GraphQLFormattedError } from "graphql";
import type { Served } from "./graphql.ts";
import type { Log } from "./log.ts";

/** What the graph says in `extensions.alma` about one answer. */
interface Cost {
  readonly calls?: number;
  readonly reused?: number;
  readonly oldest?: string | null;
}

/** One line for each operation, when its answer is ready. Never a value of a variable or a field. */
export function journal(log: Log): ApolloServerPlugin<Served> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ contextValue, operationName, operation, queryHash, response }) {
          if (!log.isLevelEnabled("info")) return;
          const { requestId, caller, client, startedAt } = contextValue.operation;
          const result = response.body.kind === "single" ? response.body.singleResult : undefined;
          const cost = result?.extensions?.alma as Cost | undefined;
          log.info(
            {
              requestId,
              operation: operationName ?? undefined,
              kind: operation?.operation,
              hash: queryHash?.slice(0, 16),
              ms: Math.round((performance.now() - startedAt) * 10) / 10,
              calls: cost?.calls,
              oldest: cost?.oldest ?? undefined,
              outcome: outcome(result?.errors, result?.data),
              caller: caller.name,
              client,
            },
            "operation",
          );
        },
      };
    },
  };
}

/** `ok`, else the first error's code; with `partial:` before it when there is data all the same. */
export function outcome(errors: readonly GraphQLFormattedError[] | undefined, data: unknown): string {
  if (!errors?.length) return "ok";
  const code = errors[0]?.extensions?.code;
  const named = typeof code === "string" ? code : "INTERNAL_SERVER_ERROR";
  return data ? `partial:${named}` : named;
}
