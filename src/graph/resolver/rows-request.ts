import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
} from "graphql";
import { fragmentsOf } from "../execution/operation-info.ts";
import type { RowSink } from "../output/row-sink.ts";

/** What is asked for besides a query whose answer is a table. */
export interface RowsRequest {
  /** Takes the rows: the items of one list of the answer. */
  readonly sink: RowSink;
  /** The response path, from a row, of a list whose items become rows of their own. */
  readonly expand?: readonly string[];
  /** Whether the connections of the rows, and of what they are expanded by, are given whole. */
  readonly isWhole: boolean;
  /** Milliseconds: replaces the `maxAge` of `@freshness`. */
  readonly maxAge?: number;
  /** The day at the end of which it is to be as it was known; by default now. */
  readonly asOf?: string;
}

/** The fields on the way to the rows, and to what they are expanded by, whose connections have no pages. */
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
