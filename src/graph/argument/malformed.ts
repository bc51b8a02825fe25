import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  GraphQLInt,
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
 * A malformed day, amount or number in the input of a write. It takes the place of the value until the write
 * reports it with everything else that is wrong.
 */
export class Malformed {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

const isWriteInput = /^(Create|Update)[A-Za-z]+Input$/;
const marked: ReadonlySet<unknown> = new Set(["Date", "Decimal"]);
/** GraphQL's own number types. They accept no `Malformed`, so such values are set aside. */
const numbers: Readonly<Record<string, string>> = {
  Int: "a whole number without quotes, up to 2147483647",
  Float: "a number without quotes",
};

type Values = Readonly<Record<string, unknown>>;

/** Malformed values set aside, by variable and field. */
export type SetAside = Readonly<Record<string, Readonly<Record<string, Malformed>>>>;

/**
 * Marks malformed values in the variables of a mutation, or sets them aside. Returns undefined if there are
 * none.
 */
export function markMalformed(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operation, variableDefinitions = [] }: OperationDefinitionNode,
  variables: Values | null | undefined,
): { readonly variables: Values; readonly setAside: SetAside } | undefined {
  if (operation !== "mutation" || !variables) return undefined;
  const marks: Record<string, unknown> = {};
  const setAside: Record<string, Record<string, Malformed>> = {};
  for (const { variable, type } of variableDefinitions) {
    const name = variable.name.value;
    const inputType = getNamedType(typeFromAST(schema, type));
    const given = variables[name];
    if (isInputObjectType(inputType) && isWriteInput.test(inputType.name)) {
      const changed: Record<string, unknown> = {};
      const aside: Record<string, Malformed> = {};
      for (const field of Object.values(inputType.getFields())) {
        const type = getNullableType(field.type);
        const value = (given as Values | null | undefined)?.[field.name];
        const isRef = String(type) === "Ref";
        const malformed = isRef ? findRefFault(value) : findFault(type, value);
        if (!malformed) continue;
        const isSetAside = isRef || String(type) in numbers;
        // A ref may be required, so another one takes its place until the write checks it.
        changed[field.name] = isSetAside ? (isRef ? { almaId: 1 } : undefined) : malformed;
        if (isSetAside) aside[field.name] = malformed;
      }
      if (Object.keys(changed).length > 0) marks[name] = { ...(given as Values), ...changed };
      setAside[name] = aside;
    } else if (marked.has(inputType?.name)) {
      const malformed = findFault(inputType, given);
      if (malformed && isOfInputs(document, name)) marks[name] = malformed;
    }
  }
  return Object.keys(marks).length > 0 ? { variables: { ...variables, ...marks }, setAside } : undefined;
}

/** Returns the arguments of a field with the values set aside from their variables. */
export function withSetAside<T extends object>(
  args: T,
  setAside: SetAside,
  { arguments: nodes = [] }: FieldNode,
): T {
  const entries = nodes.flatMap(({ name: { value: name }, value }) => {
    const faults = value.kind === Kind.VARIABLE ? setAside[value.name.value] : undefined;
    return faults ? [[name, { ...args[name as keyof T], ...faults }]] : [];
  });
  return { ...args, ...Object.fromEntries(entries) };
}

/**
 * Returns whether a variable is used only for fields of write inputs, the only code that understands marks.
 */
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

/** Finds a malformed number in a `Ref`. The rest of a ref is checked as everywhere. */
function findRefFault(value: unknown) {
  const { almaId, ...others } = (value ?? {}) as Values;
  if (almaId === undefined || Object.keys(others).length > 0) return undefined;
  if (almaId !== null && !findFault(GraphQLInt, almaId)) return undefined;
  const shown = JSON.stringify(almaId).slice(0, 60);
  return new Malformed(
    `${shown} is no Alma id. Give a whole number without quotes, or name the record by its id.`,
  );
}

/** Finds a malformed value of a type that can be marked. */
function findFault(type: unknown, value: unknown): Malformed | undefined {
  if (value == null || !isScalarType(type)) return undefined;
  const number = numbers[type.name];
  if (number === undefined && !marked.has(type.name)) return undefined;
  try {
    type.parseValue(value);
    return undefined;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const shown = JSON.stringify(value).slice(0, 60);
    return new Malformed(number === undefined ? error.message : `${shown} is not ${number}.`);
  }
}
