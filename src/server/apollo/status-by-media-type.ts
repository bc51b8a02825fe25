import type { onSendHookHandler } from "fastify";
import type { GraphQLFormattedError } from "graphql";

const inputErrorCodes = new Set(["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"]);

/**
 * A Fastify `onSend` hook that chooses the status by the media type, as "GraphQL over HTTP" requires. Errors of
 * parsing, validation and input are 400 as `application/graphql-response+json`, and 200 as `application/json`. Before
 * `onSend` the media type is not known.
 */
export const setStatusByMediaType: onSendHookHandler = (_request, reply, payload, done) => {
  const isPlainJson = String(reply.getHeader("content-type")).startsWith("application/json");
  if (
    reply.statusCode === 400 &&
    isPlainJson &&
    (typeof payload === "string" || Buffer.isBuffer(payload)) &&
    hasOnlyInputErrors(String(payload))
  )
    reply.code(200);
  done(null, payload);
};

function hasOnlyInputErrors(text: string): boolean {
  const { errors } = JSON.parse(text) as { readonly errors?: readonly GraphQLFormattedError[] };
  return errors?.every(({ extensions }) => inputErrorCodes.has(String(extensions?.code))) === true;
}
