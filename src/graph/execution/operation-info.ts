import { shouldIncludeNode } from "@graphql-tools/utils";
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getDirectiveValues,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
} from "graphql";
import type { JsonText } from "../output/json-text.ts";

/** The part of GraphQLResolveInfo that all fields of an operation share. */
export type OperationInfo = Pick<
  GraphQLResolveInfo,
  "schema" | "fragments" | "rootValue" | "operation" | "variableValues"
>;

/** The answer of a query, with the errors of its fields. */
export interface QueryResult {
  readonly data: JsonText | null;
  readonly errors?: readonly GraphQLError[];
}

/** Returns the fragments of a document by name. */
export function fragmentsOf({ definitions }: DocumentNode): OperationInfo["fragments"] {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  return fragments;
}

/** Returns the coordinate of the field being resolved, such as `Unit.name`, for messages. */
export const coordinateOf = ({ parentType, fieldName }: GraphQLResolveInfo): string =>
  `${parentType.name}.${fieldName}`;

const NO_VARIABLES: NonNullable<OperationDefinitionNode["variableDefinitions"]> = [];

/**
 * Coerces the variables of an operation and applies defaults. Returns undefined if one is invalid; graphql-js then
 * refuses the operation with an error for each. GraphQL: "Coercing Variable Values".
 */
export function coerceVariables(
  schema: GraphQLSchema,
  { variableDefinitions = NO_VARIABLES }: OperationDefinitionNode,
  inputs: Readonly<Record<string, unknown>> | null | undefined,
): Record<string, unknown> | undefined {
  if (!inputs || last.inputs !== inputs || last.variableDefinitions !== variableDefinitions) {
    const { coerced } = getVariableValues(schema, variableDefinitions, inputs ?? {}, { maxErrors: 0 });
    last = { inputs, variableDefinitions, coerced, args: new Map() };
  }
  return last.coerced;
}

type Args = Record<string, unknown>;

/** Returns the arguments of a field, with coerced variables. Throws a GraphQLError if GraphQL refuses them. */
export function argumentsOf(field: FieldDefinition, node: FieldNode, variables: Args): Args {
  const known = last.coerced === variables ? last.args.get(node) : undefined;
  // A node may select fields of several types.
  if (known?.field === field) return known.args;
  const args = getArgumentValues(field, node, variables);
  if (last.coerced === variables) last.args.set(node, { field, args });
  return args;
}

type FieldDefinition = Parameters<typeof getArgumentValues>[0];

/** Returns the arguments of a field, with coerced variables; undefined if GraphQL will refuse them. */
export function coerceArguments(...args: Parameters<typeof argumentsOf>): Readonly<Args> | undefined {
  try {
    return argumentsOf(...args);
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}

/** Returns whether `@skip` or `@include` omits a selection, with coerced variables. */
export function isOmitted(node: SelectionNode, variables: Record<string, unknown>): boolean {
  return !shouldIncludeNode(variables, node);
}

/**
 * Returns the arguments of a directive on an operation. Undefined without the directive, and for invalid
 * variables.
 */
export function readDirective(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variableInput: Readonly<Record<string, unknown>> | undefined,
  name: string,
): Readonly<Record<string, unknown>> | undefined {
  const directive = schema.getDirective(name);
  if (!directive || !operation.directives?.length) return undefined;
  const variables = coerceVariables(schema, operation, variableInput);
  return variables && getDirectiveValues(directive, operation, variables);
}

/** The variables and arguments coerced last, so that the execution reuses those of the argument checks. */
let last: Pick<OperationDefinitionNode, "variableDefinitions"> & {
  readonly inputs?: object | null | undefined;
  readonly coerced?: Args | undefined;
  readonly args: Map<FieldNode, { readonly field: FieldDefinition; readonly args: Args }>;
} = { args: new Map() };
