import {
  type DocumentNode,
  type FieldNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  type SelectionSetNode,
  separateOperations,
  type VariableDefinitionNode,
  visit,
} from "graphql";
import type { OperationRequest } from "../../graph/index.ts";
import { findRootFields } from "../../server/index.ts";

/** The variable for the cursor after which changes are asked for, and the name under which each gives its own. */
export const AFTER = "_streamAfter";
export const CURSOR = "_streamCursor";
/** The most changes that are asked for at once. */
const PAGE = 100;

const frame = parse(`query ($${AFTER}: String) @live {
  changes(after: $${AFTER}, first: ${PAGE}) { nodes { ${CURSOR}: cursor } pageInfo { endCursor hasNextPage } }
}`).definitions[0] as Operation;
const [frameField] = frame.selectionSet.selections as [
  FieldNode & { readonly selectionSet: SelectionSetNode },
];
const frameSelections = frameField.selectionSet.selections as [FieldNode, FieldNode];

/** A query that a stream answers again and again: one operation with the fragments that it uses. */
export interface StreamedQuery {
  /** As printed: documents that differ in blanks and comments alone have the same. */
  readonly text: string;
  readonly document: DocumentNode;
  readonly operation: Operation;
  /** Those that it declares, as they were sent. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * What a stream answers: once, as every operation is answered; again and again, by a query; or changes, by the pages of
 * a query, of which each node is the value of the field `key`.
 */
export type Streamed =
  | { readonly kind: "once" }
  | { readonly kind: "mutation" }
  | { readonly kind: "live"; readonly query: StreamedQuery }
  | StreamedChanges;

export interface StreamedChanges {
  readonly kind: "changes";
  /** Its variables lack the cursor. */
  readonly query: StreamedQuery;
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
    return { kind: "once" };
  }
  const operation = getOperationAST(document, operationName);
  if (operation?.operation === OperationTypeNode.SUBSCRIPTION)
    return readSubscription(document, operation, variables);
  if (operation?.operation === OperationTypeNode.MUTATION) return { kind: "mutation" };
  if (!operation || !isFollowed(operation)) return { kind: "once" };
  return { kind: "live", query: streamedQuery(document, operation, variables) };
}

/** Whether an operation asks for its answer again whenever that has changed. */
export const isFollowed = ({ directives }: Operation): boolean =>
  directives?.some(({ name }) => name.value === "live") ?? false;

/** A query in place of an operation of a document. Variables that it declares and does not use are left out. */
function streamedQuery(
  { definitions }: DocumentNode,
  query: Operation,
  variables: Readonly<Record<string, unknown>>,
): StreamedQuery {
  const all = definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const bare = { ...query, variableDefinitions: [] };
  const alone = Object.values(separateOperations({ kind: Kind.DOCUMENT, definitions: [bare, ...all] }))[0];
  const fragments = alone?.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION) ?? [];
  const used = new Set<string>();
  if (alone) visit(alone, { Variable: ({ name }) => void used.add(name.value) });
  const isUsed = ({ variable }: VariableDefinitionNode) => used.has(variable.name.value);
  const operation = { ...query, variableDefinitions: query.variableDefinitions?.filter(isUsed) ?? [] };
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] };
  const own = Object.entries(variables).filter(([name]) => used.has(name));
  return { text: print(document), document, operation, variables: Object.fromEntries(own) };
}

/** The query for a page of what a subscription tells. A valid one has one field. */
function readSubscription(
  document: DocumentNode,
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
): Streamed {
  const [field] = findRootFields(document, operation);
  if (!field) return { kind: "once" };
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
  const declared = operation.variableDefinitions ?? [];
  const query: Operation = {
    ...operation,
    operation: OperationTypeNode.QUERY,
    directives: frame.directives ?? [],
    variableDefinitions: [...declared, ...(frame.variableDefinitions ?? [])],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [page] },
  };
  let after: unknown = null;
  if (asked?.kind === Kind.STRING) after = asked.value;
  else if (asked?.kind === Kind.VARIABLE) {
    const { value: name } = asked.name;
    const byDefault = declared.find(({ variable }) => variable.name.value === name)?.defaultValue;
    after = variables[name] ?? (byDefault?.kind === Kind.STRING ? byDefault.value : null);
  }
  return {
    kind: "changes",
    query: streamedQuery(document, query, variables),
    key: (field.alias ?? field.name).value,
    after,
  };
}
