import { type ASTNode, GraphQLError, type GraphQLFormattedError, Kind, type ValueNode } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import { argumentPathOf } from "./argument-path.ts";

/**
 * The refusal of what a caller sent: code `BAD_USER_INPUT`, and in `extensions.argument` the dotted path of the
 * argument as the caller wrote it (`first`, `filter.goalRentCost.gte`, `filter.and.1.name`; numbers count from 0).
 * The message says what was sent, what is true and what to do; the argument is put before it.
 */
export function badInput(argument: string, message: string, node?: ASTNode): GraphQLError {
  return new GraphQLError(`${argument}: ${message}`, {
    nodes: node,
    extensions: { code: "BAD_USER_INPUT", argument },
  });
}

/** Told of an error that no caller may see, with the id of the request that met it. */
export type Report = (error: unknown, requestId: string) => void;

const MASKED_CODE = "INTERNAL_SERVER_ERROR";

/** What Apollo says, without a code, of a persisted query that is none, and what is told the caller. */
const PERSISTED_QUERY_MESSAGES: ReadonlyMap<string, string> = new Map([
  [
    "provided sha does not match query",
    "The request has a query and, in extensions.persistedQuery.sha256Hash, a hash that is not the SHA-256 of its text. " +
      "Send the hash of exactly this text, or the text alone.",
  ],
  [
    "Unsupported persisted query version",
    "The request has extensions.persistedQuery, which is not of version 1. Send an object in which version is the " +
      "number 1 and sha256Hash a text, or the query alone.",
  ],
]);

/** Whether an error is one that nobody foresaw: neither Alma's, nor the caller's, nor GraphQL's own. */
export function isUnexpected(error: GraphQLError): boolean {
  const { originalError } = error;
  return (
    originalError !== undefined &&
    !(originalError instanceof AlmaError) &&
    !(originalError instanceof GraphQLError)
  );
}

/** An AlmaError as a caller sees it. */
export function formatAlmaError(
  { code, message, retryAfter, limit }: AlmaError,
  path?: readonly (string | number)[],
): GraphQLFormattedError {
  return {
    message,
    ...(path && { path }),
    extensions: {
      code,
      ...(retryAfter !== undefined && { retryAfter }),
      ...(limit !== undefined && { limit }),
    },
  };
}

/**
 * Turns what resolvers throw into what a caller sees: the one place where that happens. AlmaErrors keep their code
 * and message, refusals of input keep the argument, what is unknown is masked.
 */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  if (!(error instanceof GraphQLError)) return formatted;
  const { locations, path } = formatted;
  const location = { ...(locations && { locations }), ...(path && { path }) };
  if (error.originalError instanceof AlmaError)
    return { ...formatAlmaError(error.originalError), ...location };
  if (isUnexpected(error)) return { message: "masked", ...location, extensions: { code: MASKED_CODE } };
  const persistedQueryMessage = PERSISTED_QUERY_MESSAGES.get(error.message);
  if (persistedQueryMessage !== undefined)
    return { message: persistedQueryMessage, extensions: { code: "BAD_REQUEST" } };
  const argument = findRefusedArgument(error);
  return argument === undefined
    ? formatted
    : { ...formatted, extensions: { code: "BAD_USER_INPUT", argument } };
}

/**
 * The argument or variable that an error refuses: as said by the error or, if GraphQL itself refuses it, as found out.
 */
function findRefusedArgument(error: GraphQLError): unknown {
  const refused = error.originalError instanceof GraphQLError ? error.originalError : error;
  const { argument } = refused.extensions;
  if (argument !== undefined) return argument;
  const [node] = error.nodes ?? [];
  if (node?.kind === Kind.OBJECT_FIELD) return argumentPathOf(node.value);
  if (node && VALUE_KINDS.has(node.kind)) return argumentPathOf(node as ValueNode);
  // Of a variable, only its value is the caller's input; its declaration is part of the document.
  if (
    node?.kind !== Kind.VARIABLE_DEFINITION ||
    !/ (got invalid|was not prov|must not be)/.test(error.message)
  )
    return undefined;
  const { value: name } = node.variable.name;
  const path = new RegExp(` at "${name}([^"]*)"; `).exec(error.message)?.[1] ?? "";
  const unknownField = /; Field "(\w+)" is not defined/.exec(error.message)?.[1];
  return `$${name}${path.replace(/\[(\d+)\]/g, ".$1")}${unknownField ? `.${unknownField}` : ""}`;
}

const VALUE_KINDS: ReadonlySet<string> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
  Kind.VARIABLE,
]);

/** The errors but for those that refuse a whole variable of which a part is refused, too: the part is what is wrong. */
export function dropRedundantErrors(
  errors: readonly GraphQLFormattedError[],
): readonly GraphQLFormattedError[] {
  const argumentPaths = errors.map(({ extensions }) => String(extensions?.argument ?? ""));
  const hasNestedPath = (path: string) => argumentPaths.some((other) => other.startsWith(`${path}.`));
  return errors.filter(
    (_, index) => !(argumentPaths[index]?.startsWith("$") && hasNestedPath(argumentPaths[index])),
  );
}

/** Gives a masked error the id by which an operator finds the real one in the log. */
export function addRequestId(error: GraphQLFormattedError, requestId: string): GraphQLFormattedError {
  if (error.extensions?.code !== MASKED_CODE) return error;
  const message = `The gateway failed in a way that nobody foresaw. Ask again; if it stays so, give the operator the request's id: ${requestId}.`;
  return { ...error, message, extensions: { code: MASKED_CODE, requestId } };
}
