import type { GraphQLSchema, OperationDefinitionNode } from "graphql";
import type { Catalog } from "../../catalog/index.ts";
import { badInput } from "../argument/bad-input.ts";
import type { Warning } from "./choices.ts";
import type { RowsRequest } from "./rows-request.ts";

/** A catalog in use by an operation until it is released. */
export interface UsedCatalog {
  readonly catalog: Catalog;
  readonly warnings: readonly Warning[];
  release(): void;
}

/** A catalog that replaces the current one for an operation. */
export interface OtherCatalog {
  /** The day that it shows: the default of `state` and `current…Contract`. */
  readonly day: string;
  /** Added to `extensions.alma`. */
  readonly extension: Readonly<Record<string, unknown>>;
  /** Throws if the operation requires scopes that this catalog refuses. */
  check(requiredScopes: ReadonlyMap<string, ReadonlySet<string>>): void;
  open(present: Catalog): Promise<UsedCatalog>;
}

/** An operation that may select another catalog. */
interface AskingOperation {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly rows: RowsRequest | undefined;
}

/**
 * Returns whether an operation is followed for changes. Its answer may then be as old as the catalog, unless
 * `@freshness` requires less.
 */
export type IsFollowed = (operation: OperationDefinitionNode) => boolean;

/** Finds the catalog that an operation selects; undefined for the current one. Throws BAD_USER_INPUT. */
export type FindOtherCatalog = (asking: AskingOperation) => OtherCatalog | undefined;

/** Used if only the current catalog exists. */
export const refuseOtherCatalogs: FindOtherCatalog = ({ rows }) => {
  if (rows?.asOf === undefined) return undefined;
  throw badInput("_asOf", "this gateway remembers nothing of the past. Leave it out.");
};
