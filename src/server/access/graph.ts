import type { ApolloServerPlugin } from "@apollo/server";
import type { GraphQLFormattedError, GraphQLSchema } from "graphql";
import type { Meter } from "../../graph/index.ts";
import type { Caller } from "./scope.ts";

/** Finds the mapping's kind of item by the id of a Bitrix entity type. */
export interface EntityTypeKinds {
  kindOf(entityTypeId: string): string | undefined;
}

/** The graph, as the server needs it. */
export interface Graph<C extends object = object> {
  readonly schema: GraphQLSchema;
  /** Creates the context of one operation. */
  context(request: { requestId: string; signal: AbortSignal; caller: Caller; meter: Meter }): C;
  readonly plugins: readonly ApolloServerPlugin<C>[];
  formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError;
  /** Without a mapping there is no `POST /bitrix/sync`. */
  readonly mapping?: EntityTypeKinds;
  /** How far the catalog has been filled. */
  progress(): { readonly warm: boolean };
}
