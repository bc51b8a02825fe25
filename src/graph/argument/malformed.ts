import {
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isScalarType,
  type OperationDefinitionNode,
  typeFromAST,
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
  { operation, variableDefinitions = [] }: OperationDefinitionNode,
  variables: Values | null | undefined,
): Values | undefined {
  if (operation !== "mutation" || !variables) return undefined;
  let result: Values | undefined;
  for (const { variable, type } of variableDefinitions) {
    const inputType = getNamedType(typeFromAST(schema, type as Parameters<typeof typeFromAST>[1]));
    const input = variables[variable.name.value];
    if (!isInputObjectType(inputType) || !isWriteInput.test(inputType.name)) continue;
    for (const { name, type: fieldType } of Object.values(inputType.getFields())) {
      const scalar = getNamedType(fieldType);
      if (!isScalarType(scalar) || !marked.has(scalar.name)) continue;
      const value = (input as Values | null | undefined)?.[name];
      const malformed = value == null ? undefined : findFault(() => scalar.parseValue(value));
      if (!malformed) continue;
      const known = (result ?? variables)[variable.name.value] as Values;
      result = { ...(result ?? variables), [variable.name.value]: { ...known, [name]: malformed } };
    }
  }
  return result;
}

function findFault(parse: () => unknown): Malformed | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof GraphQLError) return new Malformed(error.message);
    throw error;
  }
}
