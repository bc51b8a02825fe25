import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import type { ArgumentScope, Graph } from "./graph.ts";

/**
 * The scopes that the mutations of an operation need because of their arguments: a dry run only reads, and so needs
 * READ; what the graph compares needs the scope of the compared field. Parts that `@skip` or `@include` omit count.
 * Nothing if the variables are invalid, since nothing is executed then.
 */
export function findArgumentScopes(
  { schema, comparisonsOf }: Pick<Graph, "schema" | "comparisonsOf">,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): readonly ArgumentScope[] {
  if (operation.operation !== "mutation") return [];
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  if (!coerced) return [];
  return findRootFields(document, operation).flatMap((node) => {
    const name = node.name.value;
    const args = readArguments(schema, node, coerced);
    if (!args) return [];
    const dryRun = { scope: "READ" as const, element: `Mutation.${name} with dryRun: true` };
    return [...(args.dryRun === true ? [dryRun] : []), ...(comparisonsOf?.(name, args) ?? [])];
  });
}

/** The root fields of an operation, those of its fragments included, each once. */
function findRootFields({ definitions }: DocumentNode, operation: OperationDefinitionNode): FieldNode[] {
  const fields: FieldNode[] = [];
  const visited = new Set<SelectionSetNode>();
  const visit = (selectionSet: SelectionSetNode): void => {
    if (visited.has(selectionSet)) return;
    visited.add(selectionSet);
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) fields.push(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection.selectionSet);
      else
        for (const definition of definitions)
          if (definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value)
            visit(definition.selectionSet);
    }
  };
  visit(operation.selectionSet);
  return fields;
}

/** The coerced arguments of a mutation; undefined if they are invalid, so that the field is not executed. */
function readArguments(
  schema: GraphQLSchema,
  node: FieldNode,
  variables: Record<string, unknown>,
): Readonly<Record<string, unknown>> | undefined {
  const field = schema.getMutationType()?.getFields()[node.name.value];
  if (!field) return undefined;
  try {
    return getArgumentValues(field, node, variables);
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}
