import {
  BREAK,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getNamedType,
  getNullableType,
  isCompositeType,
  isLeafType,
  Kind,
  type OperationDefinitionNode,
  TokenKind,
  visit,
} from "graphql";
import { type CollectionInfo, collectFields, type HasSelectionSet } from "./collect-fields.ts";
import { createCompleteValue } from "./complete-value.ts";
import { type LeafPlan, LeafRun, LeafTexts } from "./leaf-run.ts";
import { fragmentsOf, type OperationInfo } from "./operation-info.ts";
import type { CompletingField, PlannedField, SelectionPlan } from "./plan.ts";
import { levelOf, sourceReaderOf } from "./source-resolver.ts";

/** State shared by the plans of one operation. */
interface PlanInfo extends CollectionInfo {
  /** Called with the number of fields planned. */
  readonly onPlanned: (count: number) => void;
  /** Cached texts of leaf runs; undefined if the plan is not cached. */
  readonly texts: LeafTexts | undefined;
}

/**
 * Creates the plan for a field, or for the operation as a whole. The fields of an object type are planned
 * when its first object is completed.
 */
function createFieldPlan(info: PlanInfo, nodes: readonly HasSelectionSet[]): CompletingField {
  /** Plans by object type: a field of an interface type may have several. */
  let selectionPlans: Map<GraphQLObjectType, SelectionPlan> | undefined;
  return {
    // An operation as a whole completes no value, so its node appears in no error.
    nodes: nodes as readonly FieldNode[],
    planOf(type) {
      selectionPlans ??= new Map();
      let plan = selectionPlans.get(type);
      if (!plan) {
        plan = planSelection(info, type, nodes);
        selectionPlans.set(type, plan);
      }
      return plan;
    },
  };
}

function planSelection(
  info: PlanInfo,
  type: GraphQLObjectType,
  nodesAbove: readonly HasSelectionSet[],
): SelectionPlan {
  const collected = collectFields(info, type, nodesAbove);
  info.onPlanned(collected.length);
  const fields = collected.map((field, index): PlannedField => {
    const { key, nodes, parentType, definition } = field;
    const prefix = `${index === 0 ? "{" : ","}${JSON.stringify(key)}:`;
    return {
      ...field,
      prefix,
      completeValue: createCompleteValue(definition.type, createFieldPlan(info, nodes)),
      leaf: planLeaf(definition, parentType, prefix),
      isComposite: isCompositeType(getNamedType(definition.type)),
    };
  });
  return { fields, runs: planRuns(fields, info), minBytes: minimumBytes(fields.map(({ key }) => key)) };
}

function planLeaf(
  definition: GraphQLField<unknown, unknown>,
  parentType: GraphQLObjectType,
  prefix: string,
): LeafPlan | undefined {
  const type = getNullableType(definition.type);
  const read = isLeafType(type) ? sourceReaderOf(definition, parentType) : undefined;
  const nullText = type === definition.type ? `${prefix}null` : undefined;
  const level = levelOf(definition);
  return read && { type: type as GraphQLLeafType, prefix, nullText, read, level };
}

function planRuns(fields: readonly PlannedField[], { texts }: PlanInfo): SelectionPlan["runs"] {
  if (!texts) return [];
  const leaves = fields.map(({ leaf }) => (leaf?.level === undefined ? undefined : leaf));
  return leaves.map((leaf, index) => {
    if (!leaf || leaves[index - 1]) return undefined;
    const end = leaves.findIndex((later, at) => at > index && !later);
    // The last run also ends the object.
    const run = leaves.slice(index, end < 0 ? undefined : end) as LeafPlan[];
    return new LeafRun(run, end < 0 ? "}" : "", texts);
  });
}

/**
 * Returns the minimum size, in bytes of JSON, of an object with these keys: quotes, colon, comma and one digit
 * per value.
 */
export function minimumBytes(keys: readonly string[]): number {
  return keys.reduce((sum, key) => sum + key.length + 5, 0);
}

/** The part of an execution that only the document determines. */
interface OperationPlan {
  readonly fragments: OperationInfo["fragments"];
  readonly root: CompletingField;
}

/** The plans of a document; garbage-collected with it. */
interface DocumentPlans {
  readonly schema: GraphQLSchema;
  readonly fragments: OperationInfo["fragments"];
  readonly operations: Map<OperationDefinitionNode, OperationPlan>;
  /** How many more fields may be planned, so that plans stay in proportion to the document. */
  fieldsLeft: number;
}

const plansByDocument = new WeakMap<DocumentNode, DocumentPlans>();
const texts = new LeafTexts();

/**
 * Returns the plan of an operation. The plan is cached with the document, unless variables decide which fields are
 * selected, or spreads make it larger than the document.
 */
export function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variableValues: OperationInfo["variableValues"],
): OperationPlan {
  let plans = plansByDocument.get(document);
  if (plans?.schema !== schema) {
    const fieldsLeft = selectsByVariables(document) ? 0 : countTokens(document);
    plans = { schema, fragments: fragmentsOf(document), operations: new Map(), fieldsLeft };
    plansByDocument.set(document, plans);
  }
  return plans.operations.get(operation) ?? createPlan(plans, operation, variableValues);
}

function createPlan(
  plans: DocumentPlans,
  operation: OperationDefinitionNode,
  variableValues: OperationInfo["variableValues"],
): OperationPlan {
  const { schema, fragments, operations } = plans;
  const isKept = plans.fieldsLeft > 0;
  const onPlanned = (count: number) => {
    plans.fieldsLeft -= count;
    if (plans.fieldsLeft <= 0) operations.clear();
  };
  const kept = isKept ? { variableValues: {}, texts } : { variableValues, texts: undefined };
  const info = { schema, fragments, onPlanned, ...kept };
  const plan = { fragments, root: createFieldPlan(info, [operation]) };
  if (isKept) operations.set(operation, plan);
  return plan;
}

function selectsByVariables(document: DocumentNode) {
  let found = false;
  visit(document, {
    Directive({ name: { value: name }, arguments: args = [] }) {
      if (name !== GraphQLSkipDirective.name && name !== GraphQLIncludeDirective.name) return undefined;
      if (!args.some(({ value }) => value.kind === Kind.VARIABLE)) return false;
      found = true;
      return BREAK;
    },
  });
  return found;
}

/** Returns the number of tokens, by which the document store measures a document and its plan. */
function countTokens({ loc }: DocumentNode) {
  let count = 0;
  for (let token = loc?.startToken ?? null; token; token = token.next)
    if (token.kind !== TokenKind.COMMENT) count++;
  return count;
}
