import type { FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLFormattedError } from "graphql";

const inputErrorCodes = new Set(["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"]);

/**
 * Chooses the HTTP status by the media type of the answer, as "GraphQL over HTTP" wants it: a document that cannot be
 * parsed or validated (of any size that is allowed), or input that is refused before anything runs, gets 400 as
 * `application/graphql-response+json`, and 200 as `application/json`, whose readers look into the body. A fastify
 * `onSend` hook: before it nobody knows which of the two an answer will be.
 */
export async function setStatusByMediaType(
  _request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  const isPlainJson = String(reply.getHeader("content-type")).startsWith("application/json");
  if (reply.statusCode === 400 && isPlainJson && typeof payload === "string" && hasOnlyInputErrors(payload))
    reply.code(200);
  return payload;
}

function hasOnlyInputErrors(text: string): boolean {
  const { errors } = JSON.parse(text) as { readonly errors?: readonly GraphQLFormattedError[] };
  return errors?.every(({ extensions }) => inputErrorCodes.has(String(extensions?.code))) === true;
}
