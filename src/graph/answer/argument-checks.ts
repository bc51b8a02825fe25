import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  TypeInfo,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { badInput } from "../argument/bad-input.ts";
import { type PeriodArgs, parsePeriod } from "../argument/period.ts";
import { parseGlobalId, parseGlobalIds, parseRefOrThrow, type RefInput } from "../argument/ref.ts";
import { type CollectionInfo, usesVariable } from "../execution/collect-fields.ts";
import { coerceArguments, coerceVariables, fragmentsOf, isOmitted } from "../execution/operation-info.ts";
import { checkScale, compileGroups } from "../group/group-query.ts";
import { type ConnectionArgs, compileArguments } from "../member/compiled-arguments.ts";
import type { Steps } from "../metering/meter.ts";
import { connectionOf } from "../resolver/connection-spec.ts";
import type { GraphContext } from "../resolver/context.ts";

/** How many lists of `maxPage` ids one operation may request. */
const MAX_ID_LISTS = 5;

/**
 * Checks the arguments of every field before anything is read, in steps, so that an invalid page, cursor, filter or ref
 * costs no call to Alma. Throws BAD_USER_INPUT for the first invalid argument. Skips arguments that GraphQL itself
 * refuses, fields excluded by `@skip` or `@include`, and arguments without variables that were checked before.
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
    const args = coerceArguments(checked.field, checked.node, variables);
    if (!args) continue;
    checked.check(args, context, info);
    checked.hasPassed = !checked.isVariable && !context.options.wholeFields?.has(checked.node);
    if (checked.isNodes) idCount += (args.ids as readonly string[]).length;
    yield;
  }
  // Several fields may request the same ids, but their promises must not exhaust the memory.
  const maxIds = context.settings.maxPage * MAX_ID_LISTS;
  if (idCount > maxIds)
    throw badInput("ids", `${idCount} ids in all fields are too many; ask for ${maxIds} at most.`);
}

/**
 * Refuses unset variables inside `or` and `not` of a filter, like nulls: GraphQL omits the field, so the condition
 * would select everything or nothing. Throws BAD_USER_INPUT.
 */
function refuseUnsetVariables({ arguments: args = [] }: FieldNode, variables: object) {
  const check = (value: ValueNode, path: string, isInside: boolean) => {
    if (value.kind === Kind.VARIABLE && isInside && !Object.hasOwn(variables, value.name.value)) {
      const message = `$${value.name.value} has no value, which is not a condition inside \`or\` and \`not\`; give it one, or leave the condition out of the query.`;
      throw badInput(path, message);
    }
    if (value.kind === Kind.LIST)
      for (const [index, item] of value.values.entries()) check(item, `${path}.${index}`, isInside);
    if (value.kind === Kind.OBJECT)
      for (const field of value.fields) {
        const name = field.name.value;
        const isOpening = (name === "or" || name === "not") && field.value.kind !== Kind.VARIABLE;
        check(field.value, `${path}.${name}`, isInside || isOpening);
      }
  };
  const filter = args.find(({ name }) => name.value === "filter");
  if (filter) check(filter.value, "filter", false);
}

type Args = Readonly<Record<string, unknown>>;

/** A `@skip` or `@include` that depends on a variable. */
interface Condition {
  readonly node: SelectionNode;
  readonly outer: Condition | undefined;
}

/** A node of a definition, with the innermost condition around it. */
interface Omissible {
  readonly condition: Condition | undefined;
}

/** A field to check before anything is read. */
interface CheckedField extends Omissible {
  readonly node: FieldNode;
  readonly field: GraphQLField<unknown, unknown>;
  /** Throws BAD_USER_INPUT if coerced arguments are invalid, or do not fit the selection. */
  readonly check: (args: Args, context: GraphContext, info: CollectionInfo) => void;
  readonly isNodes: boolean;
  /** Whether its arguments, or its selection, depend on variables. */
  readonly isVariable: boolean;
  /** Whether its arguments, free of variables, were checked before. */
  hasPassed: boolean;
}

type Definition = OperationDefinitionNode | FragmentDefinitionNode;

const checksByDefinition = new WeakMap<Definition, ReturnType<typeof planChecks>>();

/**
 * Finds the fields to check for these variables. Each fragment is checked once, since its arguments are the same
 * wherever it is spread.
 */
function findCheckedFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
) {
  const omitted = new Set<Condition | undefined>();
  const isIncluded = ({ condition }: Omissible) => !omitted.has(condition);
  const definitions = new Set<Definition>([operation]);
  const found: CheckedField[] = [];
  for (const definition of definitions) {
    let checks = checksByDefinition.get(definition);
    if (!checks) {
      checks = planChecks(schema, document, definition);
      checksByDefinition.set(definition, checks);
    }
    for (const condition of checks.conditions)
      if (omitted.has(condition.outer) || isOmitted(condition.node, variables)) omitted.add(condition);
    for (const field of checks.fields) if (isIncluded(field)) found.push(field);
    for (const spread of checks.spreads) if (isIncluded(spread)) definitions.add(spread.fragment);
  }
  return found;
}

/** Finds the fields to check in an operation or a fragment, in the order of the document. */
function planChecks(schema: GraphQLSchema, document: DocumentNode, definition: Definition) {
  const fields: CheckedField[] = [];
  const spreads: (Omissible & { readonly fragment: FragmentDefinitionNode })[] = [];
  const fragments = fragmentsOf(document);
  const types = new TypeInfo(schema);
  const conditions: Condition[] = [];
  let condition: Condition | undefined;
  const enterSelection = (node: SelectionNode) => {
    if (node.directives?.some(dependsOnVariables)) {
      condition = { node, outer: condition };
      conditions.push(condition);
    } else if (isOmitted(node, {})) return false;
    return undefined;
  };
  const leaveSelection = (node: SelectionNode) => {
    if (condition?.node === node) condition = condition.outer;
  };
  const visitor = visitWithTypeInfo(types, {
    Field: {
      enter(node) {
        if (enterSelection(node) === false) return false;
        const field = types.getFieldDef();
        const isRoot = types.getParentType()?.name === "Query";
        const check = field?.args.length ? createCheck(schema, isRoot, node, field) : undefined;
        const isVariable =
          field?.name === "groups" || node.arguments?.some(({ value }) => usesVariable(value)) === true;
        if (field && check) {
          const isNodes = isRoot && field.name === "nodes";
          fields.push({ node, field, check, isNodes, isVariable, condition, hasPassed: false });
        }
        return undefined;
      },
      leave: leaveSelection,
    },
    InlineFragment: { enter: enterSelection, leave: leaveSelection },
    FragmentSpread: {
      enter(node) {
        const fragment = fragments[node.name.value];
        if (enterSelection(node) !== false && fragment) spreads.push({ fragment, condition });
      },
      leave: leaveSelection,
    },
  });
  visit(definition, visitor);
  return { conditions, fields, spreads };
}

const dependsOnVariables = ({ arguments: args = [] }: DirectiveNode) =>
  args.some(({ value }) => usesVariable(value));

/**
 * Chooses the check of a field: the one in its `extensions`; for connections, groups, periods and scales, at any depth;
 * for refs and ids, only for root fields.
 */
function createCheck(
  schema: GraphQLSchema,
  isRoot: boolean,
  node: FieldNode,
  { name, type, args, extensions }: GraphQLField<unknown, unknown>,
): CheckedField["check"] | undefined {
  // Safe: a field and its check are declared together.
  if (extensions.checkArguments) return extensions.checkArguments as CheckedField["check"];
  const target = getNamedType(type);
  const connection = connectionOf(target.name, "Connection");
  if (connection)
    return (values, context) => void compileArguments(context, node, values as ConnectionArgs, connection);
  const grouped = connectionOf(target.name, "Groups");
  if (grouped) return (values, context, info) => void compileGroups(context, info, [node], values, grouped);
  if (target.name === "Decimal" && args.some((arg) => arg.name === "scale"))
    return ({ scale }) => checkScale(scale as number);
  if (["from", "to"].every((day) => args.some((arg) => arg.name === day)))
    return (values) => void parsePeriod(values as unknown as PeriodArgs);
  if (!isRoot) return undefined;
  if (name === "node") return ({ id }) => void parseGlobalId(id as string, "id");
  if (name === "nodes")
    return ({ ids }, { settings }) => void parseGlobalIds(ids as string[], settings.maxPage);
  if (!args.some((arg) => arg.name === "ref")) return undefined;
  const possible = isAbstractType(target) ? schema.getPossibleTypes(target) : [target];
  const [first, ...others] = possible.map((candidate) => candidate.name);
  if (first === undefined) return undefined;
  // GraphQL has already refused a field without its ref.
  return ({ ref }) => void parseRefOrThrow(ref as RefInput, "ref", [first, ...others]);
}
