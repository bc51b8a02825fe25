import { GraphQLError, type GraphQLFormattedError, isValueNode, Kind } from "graphql";
import { argumentPathOf } from "./bad-input.ts";

/**
 * Returns the dotted path of the argument or variable that an error concerns, if any. `badInput` adds the path to the
 * error; for errors of graphql-js it is derived from the node or the message.
 */
export function findInvalidArgument(error: GraphQLError): unknown {
  const original = error.originalError instanceof GraphQLError ? error.originalError : error;
  const { argument } = original.extensions;
  if (argument !== undefined) return argument;
  const [node] = error.nodes ?? [];
  if (node?.kind === Kind.OBJECT_FIELD) return argumentPathOf(node.value);
  if (node && isValueNode(node)) return argumentPathOf(node);
  // An error in the value of a variable concerns input; one in its declaration concerns the document.
  const isVariableValue =
    node?.kind === Kind.VARIABLE_DEFINITION && / (got invalid|was not prov|must not be)/.test(error.message);
  return isVariableValue ? variablePathOf(node.variable.name.value, error.message) : undefined;
}

/**
 * Reads `$input.price` from a message such as `Variable "$input" got invalid value "x" at "input.price"; …`.
 */
function variablePathOf(name: string, message: string) {
  const paths = [...message.matchAll(/ at "([^"]*)"; /g)].map(([, one = ""]) => one);
  const path = paths.find((one) => one.startsWith(name))?.slice(name.length) ?? "";
  const unknownField = /; Field "(\w+)" is not defined/.exec(message)?.[1];
  return `$${name}${path.replace(/\[(\d+)\]/g, ".$1")}${unknownField ? `.${unknownField}` : ""}`;
}

/** Removes an error about a whole variable if another error is about a part of it. */
export function dropRedundantErrors(
  errors: readonly GraphQLFormattedError[],
): readonly GraphQLFormattedError[] {
  const argumentPaths = errors.map(({ extensions }) => String(extensions?.argument ?? ""));
  const hasNestedPath = (path: string) => argumentPaths.some((other) => other.startsWith(`${path}.`));
  return errors.filter(
    (_, index) => !(argumentPaths[index]?.startsWith("$") && hasNestedPath(argumentPaths[index])),
  );
}
