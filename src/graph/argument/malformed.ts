import {
  type DocumentNode,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isScalarType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  visit,
} from "graphql";

/**
 * A day or an amount, in the input of a write, that is none. It stands in place of the value until the write says so,
 * beside all else that is wrong with its input.
 */
export class Malformed {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

const isWriteInput = /^(Create|Update)[A-Za-z]+Input$/;
const marked: ReadonlySet<string> = new Set(["Date", "Decimal"]);

type Values = Readonly<Record<string, unknown>>;

/** The variables of a mutation with what is malformed in the inputs of writes marked; undefined if nothing is. */
export function markMalformed(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operation, variableDefinitions = [] }: OperationDefinitionNode,
  variables: Values | null | undefined,
): Values | undefined {
  if (operation !== "mutation" || !variables) return undefined;
  const marks: Record<string, unknown> = {};
  for (const { variable, type } of variableDefinitions) {
    const name = variable.name.value;
    const inputType = getNamedType(typeFromAST(schema, type as Parameters<typeof typeFromAST>[1]));
    const given = variables[name];
    if (isInputObjectType(inputType) && isWriteInput.test(inputType.name)) {
      const fields = Object.values(inputType.getFields()).flatMap((field) => {
        const malformed = findFault(
          getNamedType(field.type),
          (given as Values | null | undefined)?.[field.name],
        );
        return malformed ? [[field.name, malformed]] : [];
      });
      if (fields.length > 0) marks[name] = { ...(given as Values), ...Object.fromEntries(fields) };
    } else {
      const malformed = findFault(inputType, given);
      if (malformed && isOfInputs(document, name)) marks[name] = malformed;
    }
  }
  return Object.keys(marks).length > 0 ? { ...variables, ...marks } : undefined;
}

/** Whether a variable stands for a field of a write's input wherever it stands: nothing else knows what is marked. */
function isOfInputs(document: DocumentNode, name: string): boolean {
  let isOfInput = true;
  visit(document, {
    VariableDefinition: () => false,
    Variable(node, _key, _parent, _path, ancestors) {
      // Above the variable are its field, the list of fields, the object, and the argument.
      const argument = ancestors.at(-3);
      const isField = argument && "kind" in argument && argument.kind === Kind.ARGUMENT;
      if (node.name.value === name && !(isField && argument.name.value === "input")) isOfInput = false;
    },
  });
  return isOfInput;
}

/** What is wrong with a value of a type of which malformed values are marked; undefined if nothing is. */
function findFault(type: GraphQLNamedType | undefined, value: unknown): Malformed | undefined {
  if (value == null || !isScalarType(type) || !marked.has(type.name)) return undefined;
  try {
    type.parseValue(value);
    return undefined;
  } catch (error) {
    if (error instanceof GraphQLError) return new Malformed(error.message);
    throw error;
  }
}
