import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  type SelectionSetNode,
  visit,
} from "graphql";
import type { OperationRequest } from "../../graph/index.ts";
import { findRootFields } from "../scope/argument-scopes.ts";

/** The variable for the cursor after which changes are asked for, and the name under which each gives its own. */
export const AFTER = "_streamAfter";
export const CURSOR = "_streamCursor";
/** The most changes that are asked for at once. */
const PAGE = 100;

const frame = parse(`query ($${AFTER}: String) {
  changes(after: $${AFTER}, first: ${PAGE}) { nodes { ${CURSOR}: cursor } pageInfo { endCursor hasNextPage } }
}`).definitions[0] as OperationDefinitionNode;
const [frameField] = frame.selectionSet.selections as [
  FieldNode & { readonly selectionSet: SelectionSetNode },
];
const frameSelections = frameField.selectionSet.selections as [FieldNode, FieldNode];

/**
 * What a stream answers: once, as every operation is answered; again and again, by a query; or changes, by the pages of
 * a query, of which each node is the value of the field `key`.
 */
export type Streamed =
  | { readonly kind: "once" | "mutation" }
  | {
      readonly kind: "live";
      readonly text: string;
      readonly document: DocumentNode;
      readonly operation: Operation;
    }
  | StreamedChanges;

export interface StreamedChanges {
  readonly kind: "changes";
  readonly text: string;
  /** Those of `text`, but for the cursor. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly key: string;
  /** The cursor that was given. */
  readonly after: unknown;
}

type Operation = OperationDefinitionNode;

/**
 * Reads what a document asks of a stream. `read`: parses and validates it, and throws if it is invalid, which is then
 * answered once, by what is wrong.
 */
export function readStreamed(
  { operationName, variables = {} }: OperationRequest,
  text: string,
  read: (text: string) => DocumentNode,
): Streamed {
  let document: DocumentNode;
  try {
    document = read(text);
  } catch {
    return once;
  }
  const operation = getOperationAST(document, operationName);
  const live = operation?.directives?.find(({ name }) => name.value === "live");
  if (operation?.operation === OperationTypeNode.SUBSCRIPTION)
    return readSubscription(document, operation, variables);
  if (operation?.operation === OperationTypeNode.MUTATION) return { kind: "mutation" };
  if (!live?.loc || !operation) return once;
  const { start, end } = live.loc;
  // All else stays where it is, so that errors tell its place.
  const blank = text.slice(0, start) + " ".repeat(end - start) + text.slice(end);
  return { kind: "live", text: blank, document, operation };
}

const once: Streamed = { kind: "once" };

/** The query for a page of what a subscription tells. A valid one has one field. */
function readSubscription(
  document: DocumentNode,
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
): Streamed {
  const [field] = findRootFields(document, operation);
  if (!field) return once;
  const asked = field.arguments?.find(({ name }) => name.value === "after")?.value;
  const [nodes, pageInfo] = frameSelections;
  const selections = [...(field.selectionSet?.selections ?? []), ...(nodes.selectionSet?.selections ?? [])];
  const others = field.arguments?.filter(({ name }) => name.value !== "after") ?? [];
  const page: FieldNode = {
    ...frameField,
    directives: field.directives ?? [],
    arguments: [...others, ...(frameField.arguments ?? [])],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [{ ...nodes, selectionSet: { kind: Kind.SELECTION_SET, selections } }, pageInfo],
    },
  };
  const query: Operation = {
    ...operation,
    operation: OperationTypeNode.QUERY,
    selectionSet: { kind: Kind.SELECTION_SET, selections: [page] },
  };
  // What is left of the subscription is in the query.
  const rest = document.definitions.filter(
    (definition) => definition !== operation && !isFragmentOn(definition, "Subscription"),
  );
  const used = new Set<string>();
  const bare = { ...document, definitions: [{ ...query, variableDefinitions: [] }, ...rest] };
  visit(bare, { Variable: ({ name }) => void used.add(name.value) });
  const declared = operation.variableDefinitions ?? [];
  const kept = declared.filter(({ variable }) => used.has(variable.name.value));
  const variableDefinitions = [...kept, ...(frame.variableDefinitions ?? [])];
  const text = print({ ...document, definitions: [{ ...query, variableDefinitions }, ...rest] });
  let after: unknown = null;
  if (asked?.kind === Kind.STRING) after = asked.value;
  else if (asked?.kind === Kind.VARIABLE) {
    const { value: name } = asked.name;
    const byDefault = declared.find(({ variable }) => variable.name.value === name)?.defaultValue;
    after = variables[name] ?? (byDefault?.kind === Kind.STRING ? byDefault.value : null);
  }
  const own = Object.fromEntries(Object.entries(variables).filter(([name]) => used.has(name)));
  return { kind: "changes", text, variables: own, key: (field.alias ?? field.name).value, after };
}

const isFragmentOn = (definition: DefinitionNode, typeName: string): boolean =>
  definition.kind === Kind.FRAGMENT_DEFINITION && definition.typeCondition.name.value === typeName;
