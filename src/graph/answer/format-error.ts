import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import { findInvalidArgument } from "../argument/invalid-argument.ts";

const MASKED_CODE = "INTERNAL_SERVER_ERROR";

/** The maximum length of a message in characters. The messages of graphql-js quote the request. */
const MAX_MESSAGE = 2_000;

const shorten = (text: string) => (text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text);

/** Messages for invalid persisted queries, keyed by Apollo's messages, because Apollo's errors have no code. */
const PERSISTED_QUERY_MESSAGES = new Map([
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

/** For callers who confuse `building` with `buildingWhere`. */
const REF_ADVICE =
  " A Ref names one record, by id, almaId or externalId. Put conditions on the fields of a record into the filter whose " +
  "name ends in Where, such as `buildingWhere`.";

/**
 * Returns whether an error is a bug of the gateway: neither an AlmaError, nor invalid input, nor an error of GraphQL
 * itself.
 */
export function isUnexpected(error: GraphQLError): boolean {
  const { originalError } = error;
  return (
    originalError !== undefined &&
    !(originalError instanceof AlmaError) &&
    !(originalError instanceof GraphQLError)
  );
}

/** The seconds until a retry, if Alma failed without saying how long to wait. */
const RETRY_SECONDS = 5;

/** Returns an AlmaError in the form sent to callers. */
export function formatAlmaError(
  { code, message, retryAfter, limit, since }: AlmaError,
  path?: readonly (string | number)[],
): GraphQLFormattedError {
  return {
    message,
    ...(path && { path }),
    extensions: {
      code,
      retryAfter: retryAfter ?? (code === "ALMA_UNAVAILABLE" ? RETRY_SECONDS : undefined),
      limit,
      since,
    },
  };
}

/**
 * Converts the error of a resolver to the one sent to callers. An AlmaError keeps its code and message, invalid input
 * gets the name of its argument, and any other error is masked.
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
  const argument = findInvalidArgument(error);
  const message = shorten(formatted.message);
  if (argument === undefined) return { ...formatted, message };
  const advised = message.replace(/(defined by|value of|Expected) type "Ref".*/, `$&${REF_ADVICE}`);
  const extensions = { code: "BAD_USER_INPUT", argument: shorten(String(argument)) };
  return { ...formatted, message: advised, extensions };
}

/** Returns the error of a field in the form sent to callers. A GraphQL error without a code counts as unexpected. */
export const formatFieldError = (error: GraphQLError): GraphQLFormattedError =>
  formatError({ ...error.toJSON(), extensions: { code: MASKED_CODE, ...error.extensions } }, error);

/**
 * Replaces the message of a masked error with one that contains the request id, which identifies the error in the log.
 */
export function addRequestId(error: GraphQLFormattedError, requestId: string): GraphQLFormattedError {
  if (error.extensions?.code !== MASKED_CODE) return error;
  const message = `The gateway failed unexpectedly. Ask again; if it persists, give the operator the request's id: ${requestId}.`;
  return { ...error, message, extensions: { code: MASKED_CODE, requestId } };
}

/** Marks read errors in the payload of a mutation that was performed. */
export function addDoneMutations(
  error: GraphQLFormattedError,
  doneMutations: ReadonlySet<string>,
): GraphQLFormattedError {
  const { path = [], message } = error;
  if (path.length < 2 || !doneMutations.has(String(path[0]))) return error;
  return { ...error, message: `The write was done, but this could not be read afterwards: ${message}` };
}
