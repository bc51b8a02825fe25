import {
  type DocumentNode,
  type FieldNode,
  type GraphQLInputType,
  getNamedType,
  isInputObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import {
  coerceArguments,
  coerceVariables,
  fragmentsOf,
  type Graph,
  type GuardedComparison,
} from "../../graph/index.ts";
import type { SchemaScopes } from "./schema-scopes.ts";
import type { Scope } from "./scope.ts";

/** Calls `onRequiredScope` for each element of a variable's value that needs a scope. */
export function visitVariableValue(
  schemaScopes: SchemaScopes,
  value: unknown,
  type: GraphQLInputType,
  onRequiredScope: (scope: Scope, element: string) => void,
): void {
  if (value === null || value === undefined || !schemaScopes.hasScopedElements(type)) return;
  const named = getNamedType(type);
  if (Array.isArray(value)) {
    for (const element of value) visitVariableValue(schemaScopes, element, type, onRequiredScope);
  } else if (isInputObjectType(named) && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) {
      const scope = schemaScopes.elementScope(named, key);
      if (scope && inner !== undefined) onRequiredScope(scope, `${named.name}.${key}`);
      const definition = named.getFields()[key];
      if (definition) visitVariableValue(schemaScopes, inner, definition.type, onRequiredScope);
    }
  } else if (typeof value === "string") {
    const scope = schemaScopes.elementScope(named, value);
    if (scope) onRequiredScope(scope, `${named.name}.${value}`);
  }
}

/**
 * Finds, in steps, the scopes that the arguments of an operation's mutations need. A dry run only reads and needs READ;
 * a comparison needs the scope of the compared field. Includes parts omitted by `@skip` or `@include`. Finds nothing if
 * the variables are invalid, since nothing is executed then.
 */
export function* findArgumentScopes(
  { schema, comparisonsOf }: Graph,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Generator<void, readonly GuardedComparison[]> {
  const coerced = coerceVariables(schema, operation, variables);
  if (!coerced) return [];
  const found: GuardedComparison[] = [];
  for (const node of findRootFields(document, operation)) {
    const name = node.name.value;
    const field = schema.getMutationType()?.getFields()[name];
    const args = field && coerceArguments(field, node, coerced);
    if (args?.dryRun === true) found.push({ scope: "READ", element: `Mutation.${name} with dryRun: true` });
    if (args) for (const comparison of yield* comparisonsOf(name, args)) found.push(comparison);
  }
  return found;
}

/** Returns the root fields of an operation, including those of fragments, each once. */
export function findRootFields(document: DocumentNode, operation: OperationDefinitionNode): FieldNode[] {
  const fragments = fragmentsOf(document);
  const fields: FieldNode[] = [];
  const visited = new Set<SelectionSetNode>();
  const visit = (selectionSet: SelectionSetNode | undefined) => {
    if (!selectionSet || visited.has(selectionSet)) return;
    visited.add(selectionSet);
    for (const selection of selectionSet.selections)
      if (selection.kind === Kind.FIELD) fields.push(selection);
      else
        visit(
          (selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value])
            ?.selectionSet,
        );
  };
  visit(operation.selectionSet);
  return fields;
}
