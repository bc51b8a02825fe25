import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isScalarType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  visit,
} from "graphql";

/**
 * A malformed day or amount in the input of a write. It replaces the value until the write reports it together with its
 * other errors.
 */
export class MalformedValue {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

const isWriteInput = /^(Create|Update)[A-Za-z]+Input$/;
const marked: ReadonlySet<unknown> = new Set(["Date", "Decimal"]);

type Values = Readonly<Record<string, unknown>>;

/** Returns the variables of a mutation with their malformed values marked; undefined if there are none. */
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
    const inputType = getNamedType(typeFromAST(schema, type));
    const given = variables[name];
    if (isInputObjectType(inputType) && isWriteInput.test(inputType.name)) {
      const values = (given ?? {}) as Values;
      const malformed = Object.values(inputType.getFields()).flatMap(({ name, type }) => {
        const fault = findFault(getNullableType(type), values[name]);
        return fault ? [[name, fault]] : [];
      });
      if (malformed.length > 0) marks[name] = { ...values, ...Object.fromEntries(malformed) };
    } else {
      const malformed = findFault(inputType, given);
      if (malformed && isOfInputs(document, name)) marks[name] = malformed;
    }
  }
  return Object.keys(marks).length > 0 ? { ...variables, ...marks } : undefined;
}

/** Returns whether a variable is used only in write inputs, the only code that handles marks. */
function isOfInputs(document: DocumentNode, name: string) {
  let isOfInput = true;
  visit(document, {
    VariableDefinition: () => false,
    Variable(node, _key, _parent, _path, ancestors) {
      // The ancestors of a variable are its field, the list of fields, the object and the argument.
      const argument = ancestors.at(-3);
      const isField = argument && "kind" in argument && argument.kind === Kind.ARGUMENT;
      if (node.name.value === name && !(isField && argument.name.value === "input")) isOfInput = false;
    },
  });
  return isOfInput;
}

/** Finds a malformed value of a type that can be marked. */
function findFault(type: unknown, value: unknown) {
  if (value == null || !isScalarType(type) || !marked.has(type.name)) return undefined;
  try {
    type.parseValue(value);
    return undefined;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return new MalformedValue(error.message);
  }
}
