import type { GraphQLSchema, OperationDefinitionNode } from "graphql";
import type { Catalog } from "../../catalog/index.ts";
import { badInput } from "../argument/bad-input.ts";
import type { Warning } from "./choices.ts";
import type { RowsRequest } from "./rows-request.ts";

/** A catalog that an operation is answered from until it is released. */
export interface UsedCatalog {
  readonly catalog: Catalog;
  /** What callers should know of the answer. */
  readonly warnings: readonly Warning[];
  release(): void;
}

/** What an operation is answered from in place of the present catalog. */
export interface OtherCatalog {
  /** The day that it shows: the default of `state` and `current…Contract`. */
  readonly day: string;
  /** What the answer says of it in `extensions.alma`. */
  readonly extension: Readonly<Record<string, unknown>>;
  /** Throws what refuses an operation by what it needs scopes for. */
  check(requiredScopes: ReadonlyMap<string, ReadonlySet<string>>): void;
  open(present: Catalog): Promise<UsedCatalog>;
}

/** An operation that may ask for another catalog. */
interface AskingOperation {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly rows: RowsRequest | undefined;
}

/**
 * Whether an operation asks for its answer again whenever that has changed. What it shows is as old as the catalog,
 * unless `@freshness` asks for less.
 */
export type IsFollowed = (operation: OperationDefinitionNode) => boolean;

/** Finds which catalog an operation asks for; undefined if that is the present one. Throws BAD_USER_INPUT. */
export type FindOtherCatalog = (asking: AskingOperation) => OtherCatalog | undefined;

/** Where only the present catalog is known. */
export const onlyPresent: FindOtherCatalog = ({ rows }) => {
  if (rows?.asOf === undefined) return undefined;
  throw badInput("_asOf", "this gateway remembers nothing of the past. Leave it out.");
};
