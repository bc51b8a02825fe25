import {
  BREAK,
  type DocumentNode,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  Kind,
  type OperationDefinitionNode,
  TokenKind,
  visit,
} from "graphql";
import { createFieldPlan } from "./field-plan.ts";
import { LeafTexts } from "./leaf-run.ts";
import { fragmentsOf, type OperationInfo } from "./operation-info.ts";
import type { CompletingField } from "./plan.ts";

/** How an operation is executed, as far as its document decides it. */
interface OperationPlan {
  readonly fragments: OperationInfo["fragments"];
  readonly root: CompletingField;
}

/** The plans of a document, which end with it. */
interface DocumentPlans {
  readonly schema: GraphQLSchema;
  readonly fragments: OperationInfo["fragments"];
  readonly operations: Map<OperationDefinitionNode, OperationPlan>;
  /** How many fields may still be planned, so that the memory of the plans is in proportion to the document. */
  fieldsLeft: number;
}

const plansByDocument = new WeakMap<DocumentNode, DocumentPlans>();
const texts = new LeafTexts();

/**
 * The plan of an operation: kept with its document, unless variables decide which fields are selected, or fragments
 * that are spread in many places make it larger than the document.
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

/** The store of documents measures a document, and its plan, by its tokens. */
function countTokens({ loc }: DocumentNode) {
  let count = 0;
  for (let token = loc?.startToken ?? null; token; token = token.next)
    if (token.kind !== TokenKind.COMMENT) count++;
  return count;
}
