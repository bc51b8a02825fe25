import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  type OperationDefinitionNode,
  type SelectionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { kindDefinitions, kinds } from "../catalog/index.ts";
import { parseRefOrThrow, type RefInput } from "./argument/ref.ts";
import { readDriftArgs } from "./bitrix/drift-resolver.ts";
import { compileArguments } from "./connection/compiled-arguments.ts";
import type { ConnectionArgs } from "./connection/connection.ts";
import { parseGlobalId, parseGlobalIds } from "./connection/query-field.ts";
import { coerceVariables, fragmentsOf } from "./execution/operation-info.ts";
import type { QueryBitrixDriftArgs } from "./generated.ts";
import type { GraphContext } from "./record/context.ts";

type Args = Readonly<Record<string, unknown>>;

/** Operations without variables whose arguments are valid: a cached document is not checked again. */
const checked = new WeakSet<OperationDefinitionNode>();

/**
 * Checks the arguments of every field of an operation before anything is read, so that an invalid page, cursor, filter
 * or ref costs no call to Alma. Throws BAD_USER_INPUT for the first invalid argument. Arguments that GraphQL itself
 * refuses are left to the execution. Fields that `@skip` or `@include` excludes are not checked.
 */
export function checkArguments(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variableInput: Args | undefined,
  context: GraphContext,
): void {
  if (checked.has(operation)) return;
  const variables = coerceVariables(schema, operation, variableInput);
  if (!variables) return;
  const types = new TypeInfo(schema);
  const isExcluded = (node: SelectionNode): boolean =>
    getDirectiveValues(GraphQLSkipDirective, node, variables)?.if === true ||
    getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if === false;
  const fragments = fragmentsOf(document);
  // A fragment's arguments are the same wherever it is spread: each fragment is checked once.
  const definitions = new Set<OperationDefinitionNode | FragmentDefinitionNode>([operation]);
  const visitor: ASTVisitor = {
    Field(node) {
      if (isExcluded(node)) return false;
      const field = types.getFieldDef();
      const args = field?.args.length ? coerceArguments(field, node, variables) : undefined;
      if (field && args)
        checkFieldArguments(schema, types.getParentType()?.name === "Query", field, args, context);
      return undefined;
    },
    InlineFragment: (node) => (isExcluded(node) ? false : undefined),
    FragmentSpread(node) {
      const fragment = fragments[node.name.value];
      if (fragment && !isExcluded(node)) definitions.add(fragment);
    },
  };
  for (const definition of definitions) visit(definition, visitWithTypeInfo(types, visitor));
  if (!operation.variableDefinitions?.length) checked.add(operation);
}

/** Checks connections at any depth. Only root fields have refs and ids to check. */
function checkFieldArguments(
  schema: GraphQLSchema,
  isRoot: boolean,
  { name, type }: GraphQLField<unknown, unknown>,
  args: Args,
  context: GraphContext,
): void {
  const target = getNamedType(type);
  const kind = kinds.find((candidate) => `${kindDefinitions[candidate].typeName}Connection` === target.name);
  if (kind) compileArguments(context, args as ConnectionArgs, kind);
  if (!isRoot) return;
  if (name === "node") parseGlobalId(args.id as string, "id");
  else if (name === "nodes") parseGlobalIds(args.ids as string[], context);
  else if (name === "bitrixDrift") readDriftArgs(args as QueryBitrixDriftArgs, context.settings.maxPage);
  else if ("ref" in args) {
    const possible = isAbstractType(target) ? schema.getPossibleTypes(target) : [target];
    const [first, ...others] = possible.map((candidate) => candidate.name);
    if (first !== undefined) parseRefOrThrow(args.ref as RefInput, "ref", [first, ...others]);
  }
}

/** The arguments of a field; undefined if GraphQL will refuse them. */
function coerceArguments(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Record<string, unknown>,
): Args | undefined {
  try {
    return getArgumentValues(field, node, variables);
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}
