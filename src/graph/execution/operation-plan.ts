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
import type { KeptTexts } from "../kept-text/kept-texts.ts";
import { FieldPlan, type PlanInfo } from "./field-plan.ts";
import { fragmentsOf, type OperationInfo } from "./operation-info.ts";

/** How an operation is executed, as far as its document decides it. */
export interface OperationPlan {
  readonly fragments: OperationInfo["fragments"];
  readonly root: FieldPlan;
  readonly info: PlanInfo;
}

/** The plans of a document, which end with it. */
interface DocumentPlans {
  readonly schema: GraphQLSchema;
  readonly texts: KeptTexts | undefined;
  readonly fragments: OperationInfo["fragments"];
  readonly operations: Map<OperationDefinitionNode, OperationPlan>;
  /** How many fields may still be planned, so that the memory of the plans is in proportion to the document. */
  fieldsLeft: number;
}

const plansByDocument = new WeakMap<DocumentNode, DocumentPlans>();

/**
 * The plan of an operation: kept with its document, unless variables decide which fields are selected, or fragments
 * that are spread in many places make it larger than the document.
 */
export function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variableValues: OperationInfo["variableValues"],
  texts: KeptTexts | undefined,
): OperationPlan {
  let plans = plansByDocument.get(document);
  if (plans?.schema !== schema || plans.texts !== texts) {
    const fieldsLeft = selectsByVariables(document) ? 0 : countTokens(document);
    plans = { schema, texts, fragments: fragmentsOf(document), operations: new Map(), fieldsLeft };
    plansByDocument.set(document, plans);
  }
  const known = plans.operations.get(operation);
  if (!known) return createPlan(plans, operation, variableValues);
  known.info.isRepeated = true;
  return known;
}

function createPlan(
  plans: DocumentPlans,
  operation: OperationDefinitionNode,
  variableValues: OperationInfo["variableValues"],
): OperationPlan {
  const { schema, texts, fragments, operations } = plans;
  const isKept = plans.fieldsLeft > 0;
  const onPlanned = (count: number) => {
    plans.fieldsLeft -= count;
    if (plans.fieldsLeft <= 0) operations.clear();
  };
  const info: PlanInfo = {
    schema,
    fragments,
    variableValues: isKept ? {} : variableValues,
    onPlanned,
    texts: isKept ? texts : undefined,
    isRepeated: false,
  };
  const plan = { fragments, root: new FieldPlan(info, [operation]), info };
  if (isKept) operations.set(operation, plan);
  return plan;
}

function selectsByVariables(document: DocumentNode): boolean {
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
function countTokens({ loc }: DocumentNode): number {
  let count = 0;
  for (let token = loc?.startToken ?? null; token; token = token.next)
    if (token.kind !== TokenKind.COMMENT) count++;
  return count;
}
