import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
} from "graphql";
import { fragmentsOf } from "../execution/operation-info.ts";
import type { RowSink } from "../output/row-sink.ts";

/** The request for an answer as a table. */
export interface RowsRequest {
  /** Receives the rows: the items of one list of the answer. */
  readonly sink: RowSink;
  /** The response path, from a row, of a list whose items become separate rows. */
  readonly expand?: readonly string[];
  /** Whether the connections of the rows, and of their expansion, are returned completely. */
  readonly isWhole: boolean;
  /** Replaces the `maxAge` of `@freshness`, in milliseconds. */
  readonly maxAge?: number;
  /** The day at whose end the data is shown; by default the current data. */
  readonly asOf?: string;
}

/** Finds the fields on the path to the rows and their expansion; their connections are not paginated. */
export function findWholeFields(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  { sink, expand = [], isWhole }: RowsRequest,
): ReadonlySet<FieldNode> {
  const found = new Set<FieldNode>();
  if (!isWhole) return found;
  const fragments = fragmentsOf(document);
  const find = (selections: readonly SelectionNode[], [key, ...rest]: readonly string[]) => {
    for (const selection of selections) {
      if (selection.kind !== Kind.FIELD) {
        const set = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
        if (set) find(set.selectionSet.selections, [key as string, ...rest]);
      } else if ((selection.alias ?? selection.name).value === key) {
        found.add(selection);
        if (rest.length > 0 && selection.selectionSet) find(selection.selectionSet.selections, rest);
      }
    }
  };
  find(operation.selectionSet.selections, [...sink.path, ...expand]);
  return found;
}
