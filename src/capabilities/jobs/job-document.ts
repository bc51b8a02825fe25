import {
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  getArgumentValues,
  getNamedType,
  getOperationAST,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
} from "graphql";
import { coerceVariables, type UserError } from "../../graph/index.ts";
import type { RouteParts } from "../../server/index.ts";
import { DRY_RUN_VARIABLE, type JobDocument } from "./api.ts";

/** The variables that a job passes to its document, and the alias of each row's user errors. */
export const KEY_VARIABLE = "_jobKey";
const ERRORS = "_jobErrors";

const frame = parse(`mutation ($${KEY_VARIABLE}: String, $${DRY_RUN_VARIABLE}: Boolean!) {
  write(idempotencyKey: $${KEY_VARIABLE}, dryRun: $${DRY_RUN_VARIABLE}) { ${ERRORS}: userErrors { code field message now } }
}`).definitions[0] as OperationDefinitionNode;
const [frameField] = frame.selectionSet.selections as [FieldNode];

/** The payload of a row. */
type Payload = Readonly<Record<string, unknown>> & { readonly [ERRORS]: readonly UserError[] };

/** Reads the document of a job. Throws a GraphQLError that says why it cannot be run as a job. */
export function readJobDocument(
  text: string,
  {
    graph: { schema },
    analyzer,
    readDocument: read,
  }: Pick<RouteParts, "graph" | "analyzer" | "readDocument">,
): JobDocument {
  const parsed = read(text);
  // Null if there are several.
  const operation = getOperationAST(parsed);
  const [field, ...others] = operation?.selectionSet.selections ?? [];
  const declared =
    field?.kind === Kind.FIELD ? schema.getMutationType()?.getFields()[field.name.value] : undefined;
  if (operation?.operation !== OperationTypeNode.MUTATION || !declared || others.length > 0)
    throw new GraphQLError("A job runs one mutation: one operation with one root field.");
  // Validation has ensured that the field exists.
  const node = field as FieldNode;
  const name = declared.name;
  if (!isAboutRecord(declared) || !declared.args.some((arg) => arg.name === "idempotencyKey"))
    throw new GraphQLError(`A job runs a mutation of one record, and ${name} is not one.`);
  const given = node.arguments?.find((arg) => /^(idempotencyKey|dryRun)$/.test(arg.name.value));
  if (given) throw new GraphQLError(`${given.name.value} of ${name} is set by the job: leave it out.`);
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
  const definitions = parsed.definitions.map((definition) => (definition === operation ? run : definition));
  const runText = print({ ...parsed, definitions });
  const document = read(runText);
  const running = getOperationAST(document);
  const requires = running ? [...analyzer.analyze(document, running).requiredScopes.keys()] : [];
  if (requires.includes("SECRETS"))
    throw new GraphQLError("A job cannot select secrets: query those of one record at a time.");
  const names = new Set(operation.variableDefinitions?.map(({ variable }) => variable.name.value));
  const argumentsOf = (row: Readonly<Record<string, unknown>>) => {
    const coerced = coerceVariables(schema, operation, row);
    return coerced && (getArgumentValues(declared, node, coerced) as WriteArguments);
  };
  return {
    text: runText,
    requires,
    mutation: name,
    payloadOf(data) {
      // Safe: the wrapper selects its errors.
      const answer = data?.[(node.alias ?? node.name).value] as Payload | null | undefined;
      if (!answer) return undefined;
      const { [ERRORS]: userErrors, ...payload } = answer;
      return { payload, userErrors };
    },
    variablesOf: (row) => row,
    // A write that was sent with its key is looked up, and not sent again.
    open: new Set(["OUTCOME_UNKNOWN"]),
    faultOf(row) {
      if (typeof row !== "object" || row === null || Array.isArray(row))
        return "Its variables are not an object.";
      const unknown = Object.keys(row).find((variable) => !names.has(variable));
      if (unknown !== undefined) return `The document has no variable $${unknown}.`;
      return argumentsOf(row as Readonly<Record<string, unknown>>)
        ? undefined
        : "Its variables do not fit the document: one is missing, or of another type.";
    },
    placeOf(row) {
      const { ref, input } = argumentsOf(row) ?? {};
      const subject = ref ?? input?.externalId ?? undefined;
      return { subject: subject && JSON.stringify(subject), stage: 0, needs: [], changedAt: 0 };
    },
  };
}

interface WriteArguments {
  readonly ref?: unknown;
  readonly input?: { readonly externalId?: unknown };
}

/** Returns whether the payload of a mutation contains the written record. */
function isAboutRecord({ type }: GraphQLField<unknown, unknown>) {
  const payload = getNamedType(type);
  const types = isObjectType(payload) ? Object.values(payload.getFields()) : [];
  return types.some((field) => {
    const named = getNamedType(field.type);
    return isObjectType(named) && named.getInterfaces().some(({ name }) => name === "Node");
  });
}
