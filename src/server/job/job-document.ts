import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
} from "graphql";
import { coerceVariables } from "../../graph/index.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";
import type { Scope } from "../scope/scope.ts";

/** The variables that a job gives its document, and the name under which each row tells its user errors. */
export const KEY = "_jobKey";
export const DRY_RUN = "_jobDryRun";
export const ERRORS = "_jobErrors";

const frame = parse(`mutation ($${KEY}: String, $${DRY_RUN}: Boolean!) {
  write(idempotencyKey: $${KEY}, dryRun: $${DRY_RUN}) { ${ERRORS}: userErrors { code field message now } }
}`).definitions[0] as OperationDefinitionNode;
const [frameField] = frame.selectionSet.selections as [FieldNode];

/** A mutation of one record, as each row of a job runs it. */
export interface JobDocument {
  /** With the variables that the job gives it. */
  readonly text: string;
  /** The scopes that it needs. */
  readonly requires: readonly Scope[];
  /** The name of the mutation, and that of its payload in the answer. */
  readonly mutation: string;
  readonly key: string;
  /** What is wrong with the variables of a row; undefined if nothing is. */
  faultOf(row: unknown): string | undefined;
  /** What a row is about: rows with the same text run in order. Undefined if it is about nothing that others are. */
  subjectOf(row: Readonly<Record<string, unknown>>): string | undefined;
}

/**
 * Reads the document of a job. `read`: parses and validates one, within the limits of all. Throws a GraphQLError that
 * says why no job can run it.
 */
export function readJobDocument(
  text: string,
  schema: GraphQLSchema,
  analyzer: OperationAnalyzer,
  read: (text: string) => DocumentNode,
): JobDocument {
  const asked = read(text);
  const [operation, other] = asked.definitions.filter(isOperation);
  const [field, ...others] = operation && !other ? operation.selectionSet.selections : [];
  const declared =
    field?.kind === Kind.FIELD ? schema.getMutationType()?.getFields()[field.name.value] : undefined;
  if (operation?.operation !== OperationTypeNode.MUTATION || !declared || others.length > 0)
    throw new GraphQLError("A job runs one mutation: one operation with one root field.");
  // Validation has found the field.
  const node = field as FieldNode;
  const name = declared.name;
  if (!isAboutRecord(declared) || !declared.args.some((arg) => arg.name === "idempotencyKey"))
    throw new GraphQLError(`A job runs a mutation of one record, and ${name} is none.`);
  const given = node.arguments?.find((arg) => /^(idempotencyKey|dryRun)$/.test(arg.name.value));
  if (given) throw new GraphQLError(`${given.name.value} is for the job to give to ${name}: leave it out.`);
  if (node.directives?.length || operation.directives?.length)
    throw new GraphQLError("The mutation of a job has no directives: leave rows out instead.");
  const run: OperationDefinitionNode = {
    ...operation,
    variableDefinitions: [...(operation.variableDefinitions ?? []), ...(frame.variableDefinitions ?? [])],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [
        {
          ...node,
          arguments: [...(node.arguments ?? []), ...(frameField.arguments ?? [])],
          selectionSet: {
            kind: Kind.SELECTION_SET,
            selections: [
              ...(node.selectionSet?.selections ?? []),
              ...(frameField.selectionSet?.selections ?? []),
            ],
          },
        },
      ],
    },
  };
  const definitions = asked.definitions.map((definition) => (definition === operation ? run : definition));
  const runText = print({ ...asked, definitions });
  const document = read(runText);
  const [running] = document.definitions.filter(isOperation);
  const requires = running ? [...analyzer.analyze(document, running).requiredScopes.keys()] : [];
  if (requires.includes("SECRETS"))
    throw new GraphQLError("A job shows no secrets: each look at them is one query.");
  const names = new Set(operation.variableDefinitions?.map(({ variable }) => variable.name.value));
  const argumentsOf = (row: Readonly<Record<string, unknown>>) => {
    const coerced = coerceVariables(schema, operation, row);
    return coerced && (getArgumentValues(declared, node, coerced) as WriteArguments);
  };
  return {
    text: runText,
    requires,
    mutation: name,
    key: (node.alias ?? node.name).value,
    faultOf(row) {
      if (typeof row !== "object" || row === null || Array.isArray(row))
        return "Its variables are no object.";
      const unknown = Object.keys(row).find((variable) => !names.has(variable));
      if (unknown !== undefined) return `The document has no variable $${unknown}.`;
      return argumentsOf(row as Readonly<Record<string, unknown>>)
        ? undefined
        : "Its variables do not fit the document: one is missing, or of another type.";
    },
    subjectOf(row) {
      const { ref, input } = argumentsOf(row) ?? {};
      const subject = ref ?? input?.externalId;
      return subject === undefined || subject === null ? undefined : JSON.stringify(subject);
    },
  };
}

const isOperation = (definition: DefinitionNode): definition is OperationDefinitionNode =>
  definition.kind === Kind.OPERATION_DEFINITION;

interface WriteArguments {
  readonly ref?: unknown;
  readonly input?: { readonly externalId?: unknown };
}

/** Whether the payload of a mutation has the record that it has written. */
function isAboutRecord({ type }: GraphQLField<unknown, unknown>): boolean {
  const payload = getNamedType(type);
  const types = isObjectType(payload) ? Object.values(payload.getFields()) : [];
  return types.some((field) => {
    const named = getNamedType(field.type);
    return isObjectType(named) && named.getInterfaces().some(({ name }) => name === "Node");
  });
}
