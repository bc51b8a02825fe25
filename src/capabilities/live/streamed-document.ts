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

/** The variable for the start cursor, and the alias of the list with each change's own. */
export const AFTER_VARIABLE = "_streamAfter";
export const CURSORS_ALIAS = "_streamCursors";
/** The maximum number of changes requested together. */
const PAGE = 100;

const frame = parse(`query ($${AFTER_VARIABLE}: String) @live {
  changes(after: $${AFTER_VARIABLE}, first: ${PAGE}) { ${CURSORS_ALIAS}: nodes { cursor } pageInfo { endCursor } }
}`).definitions[0] as Operation;
const [frameField] = frame.selectionSet.selections as [
  FieldNode & { readonly selectionSet: SelectionSetNode },
];
/** A query that a stream answers repeatedly: one operation with its fragments. */
export interface StreamedQuery {
  /** The printed text: equal for documents that differ only in blanks and comments. */
  readonly text: string;
  readonly document: DocumentNode;
  readonly operation: Operation;
  /** The declared variables, as sent. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * The content of a stream: an operation answered once; a query answered repeatedly; or changes, from the pages of a
 * query whose nodes are the values of the field `key`.
 */
type Streamed =
  | { readonly kind: "once" }
  | { readonly kind: "mutation" }
  | { readonly kind: "live"; readonly query: StreamedQuery }
  | StreamedChanges;

export interface StreamedChanges {
  readonly kind: "changes";
  /** The query without the cursor among its variables. */
  readonly query: StreamedQuery;
  readonly key: string;
  /** The given cursor. */
  readonly after: unknown;
}

type Operation = OperationDefinitionNode;

/**
 * Reads how a document is streamed. `read`: parses and validates it; an invalid document is answered once, with its
 * errors.
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

/** Returns whether an operation is answered again whenever its answer changes. */
export const isFollowed = ({ directives }: Operation): boolean =>
  directives?.some(({ name }) => name.value === "live") ?? false;

/** Creates a query from an operation of a document, with the fragments and variables that it uses. */
function streamedQuery(
  { definitions }: DocumentNode,
  query: Operation,
  variables: Readonly<Record<string, unknown>>,
): StreamedQuery {
  const fragments = definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const all: DocumentNode = { kind: Kind.DOCUMENT, definitions: [query, ...fragments] };
  const [alone = all] = Object.values(separateOperations(all));
  const used = new Set<string>();
  visit(alone, { VariableDefinition: () => false, Variable: ({ name }) => void used.add(name.value) });
  const isUsed = ({ variable }: VariableDefinitionNode) => used.has(variable.name.value);
  const operation = { ...query, variableDefinitions: query.variableDefinitions?.filter(isUsed) ?? [] };
  const document = {
    ...alone,
    definitions: alone.definitions.map((definition) => (definition === query ? operation : definition)),
  };
  const own = Object.entries(variables).filter(([name]) => used.has(name));
  return { text: print(document), document, operation, variables: Object.fromEntries(own) };
}

/** Creates the query for a page of a subscription. A valid subscription has one field. */
function readSubscription(
  document: DocumentNode,
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
): Streamed {
  const [field] = findRootFields(document, operation);
  if (!field) return { kind: "once" };
  const afterArgument = field.arguments?.find(({ name }) => name.value === "after")?.value;
  const nodes: FieldNode = {
    kind: Kind.FIELD,
    name: { kind: Kind.NAME, value: "nodes" },
    selectionSet: field.selectionSet,
  };
  const others = field.arguments?.filter(({ name }) => name.value !== "after") ?? [];
  const page: FieldNode = {
    ...frameField,
    directives: field.directives ?? [],
    arguments: [...others, ...(frameField.arguments ?? [])],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [nodes, ...frameField.selectionSet.selections],
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
  if (afterArgument?.kind === Kind.STRING) after = afterArgument.value;
  else if (afterArgument?.kind === Kind.VARIABLE) {
    const { value: name } = afterArgument.name;
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
