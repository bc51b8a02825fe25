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
import { badInput } from "./argument/bad-input.ts";
import { parseRefOrThrow, type RefInput } from "./argument/ref.ts";
import { refuseUnsetVariables } from "./argument/unset-variable.ts";
import { readDriftArgs } from "./bitrix/drift-resolver.ts";
import { compileArguments } from "./connection/compiled-arguments.ts";
import type { ConnectionArgs } from "./connection/connection.ts";
import { parseGlobalId, parseGlobalIds } from "./connection/query-field.ts";
import type { Steps } from "./execution/meter.ts";
import { coerceVariables, fragmentsOf } from "./execution/operation-info.ts";
import type { QueryBitrixDriftArgs } from "./generated.ts";
import type { GraphContext } from "./record/context.ts";

/** So many times `maxPage` ids may be asked for in one operation. */
const MAX_ID_LISTS = 5;

type Args = Readonly<Record<string, unknown>>;

/** Operations without variables whose arguments are valid: a cached document is not checked again. */
const checked = new WeakSet<OperationDefinitionNode>();

/**
 * Checks the arguments of every field of an operation before anything is read, in steps, so that an invalid page,
 * cursor, filter or ref costs no call to Alma. Throws BAD_USER_INPUT for the first invalid argument. Arguments that
 * GraphQL itself refuses are left to the execution. Fields that `@skip` or `@include` excludes are not checked.
 */
export function* checkArguments(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variableInput: Args | undefined,
  context: GraphContext,
): Steps<void> {
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
  const checks: (() => void)[] = [];
  let idCount = 0;
  const visitor: ASTVisitor = {
    Field(node) {
      if (isExcluded(node)) return false;
      refuseUnsetVariables(node, variables);
      const field = types.getFieldDef();
      const args = field?.args.length ? coerceArguments(field, node, variables) : undefined;
      const isRoot = types.getParentType()?.name === "Query";
      if (field && args) checks.push(() => checkFieldArguments(schema, isRoot, field, args, context));
      if (isRoot && field?.name === "nodes" && args) idCount += (args.ids as readonly string[]).length;
      return undefined;
    },
    InlineFragment: (node) => (isExcluded(node) ? false : undefined),
    FragmentSpread(node) {
      const fragment = fragments[node.name.value];
      if (fragment && !isExcluded(node)) definitions.add(fragment);
    },
  };
  for (const definition of definitions) visit(definition, visitWithTypeInfo(types, visitor));
  for (const check of checks) {
    check();
    yield;
  }
  checkIdCount(idCount, context);
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

/** Several fields may ask for the same ids, but not so often that their promises fill the memory. */
function checkIdCount(count: number, { settings: { maxPage } }: GraphContext): void {
  const maxIds = maxPage * MAX_ID_LISTS;
  if (count <= maxIds) return;
  throw badInput("ids", `${count} ids in all fields are too many; ask for ${maxIds} at most (MAX_PAGE).`);
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
