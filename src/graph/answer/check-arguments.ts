import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getArgumentValues,
  type OperationDefinitionNode,
} from "graphql";
import { badInput } from "../argument/bad-input.ts";
import { refuseUnsetVariables } from "../argument/unset-variable.ts";
import { coerceVariables, fragmentsOf } from "../execution/operation-info.ts";
import type { Steps } from "../metering/meter.ts";
import type { GraphContext } from "../resolver/context.ts";
import { type Args, type CheckedField, findCheckedFields } from "./argument-checks.ts";

/** So many times `maxPage` ids may be asked for in one operation. */
const MAX_ID_LISTS = 5;

/**
 * Checks the arguments of every field of an operation before anything is read, in steps, so that an invalid page,
 * cursor, filter or ref costs no call to Alma. Throws BAD_USER_INPUT for the first invalid argument. Arguments that
 * GraphQL itself refuses are left to the execution. Fields that `@skip` or `@include` excludes are not checked, nor are
 * arguments again that have passed and depend on no variable.
 */
export function* checkArguments(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variableInput: Args | undefined,
  context: GraphContext,
): Steps<void> {
  const variables = coerceVariables(schema, operation, variableInput);
  if (!variables) return;
  const fields = findCheckedFields(schema, document, operation, variables);
  for (const { node, isVariable } of fields) if (isVariable) refuseUnsetVariables(node, variables);
  const info = { schema, fragments: fragmentsOf(document), variableValues: variables };
  let idCount = 0;
  for (const checked of fields) {
    if (checked.hasPassed && !checked.isNodes) continue;
    const args = coerceArguments(checked, variables);
    if (!args) continue;
    checked.check(args, context, info);
    checked.hasPassed = !checked.isVariable && !context.wholeFields.has(checked.node);
    if (checked.isNodes) idCount += (args.ids as readonly string[]).length;
    yield;
  }
  // Several fields may ask for the same ids, but not so often that their promises fill the memory.
  const maxIds = context.settings.maxPage * MAX_ID_LISTS;
  if (idCount > maxIds)
    throw badInput("ids", `${idCount} ids in all fields are too many; ask for ${maxIds} at most (MAX_PAGE).`);
}

/** The arguments of a field; undefined if GraphQL will refuse them. */
function coerceArguments(
  { field, node }: CheckedField,
  variables: Record<string, unknown>,
): Args | undefined {
  try {
    return getArgumentValues(field, node, variables);
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}
