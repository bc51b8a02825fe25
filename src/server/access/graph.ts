import type { ApolloServerPlugin } from "@apollo/server";
import type { ExecutionArgs, ExecutionResult, GraphQLFormattedError, GraphQLSchema } from "graphql";
import type { Caller } from "./scope.ts";

/** Which kind of item a Bitrix entity type is, by the mapping. */
export interface EntityTypeKinds {
  kindOf(entityTypeId: string): string | undefined;
}

/** What the process needs of the graph that it serves. */
export interface Graph<C extends object = object> {
  readonly schema: GraphQLSchema;
  /** How operations are executed, if not by graphql-js. */
  readonly execute?: (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;
  /** The context of one operation. */
  context(request: { requestId: string; signal: AbortSignal; caller: Caller }): C;
  readonly plugins: readonly ApolloServerPlugin<C>[];
  formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError;
  /** Which kind of item a Bitrix entity type is; without it there is no `POST /bitrix/sync`. */
  readonly mapping?: EntityTypeKinds;
  progress(): { readonly warm: boolean };
}
