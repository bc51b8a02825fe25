import type { FastifyReply, FastifyRequest } from "fastify";
import { createErrorBody } from "./error-response.ts";

/** Characters of a document for each token that it may have: enough for long names and deep indentation. */
const charactersPerToken = 100;

/**
 * Returns a Fastify `preHandler` hook that refuses documents far longer than their tokens need. `MAX_TOKENS` does not
 * count comments, but parsing millions of them takes a second and 200 MB.
 */
export function limitDocumentLength(maxTokens: number) {
  const maxLength = maxTokens * charactersPerToken;
  return ({ body, query: searchParams }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { query } = (body ?? searchParams ?? {}) as { readonly query?: unknown };
    if (typeof query !== "string" || query.length <= maxLength) {
      done();
      return;
    }
    const message =
      `The document has ${query.length} characters; ${maxLength} are allowed (${charactersPerToken} for each of MAX_TOKENS). Leave out ` +
      "comments, split the operation, and send long texts and lists as variables.";
    reply.code(400).send(createErrorBody("LIMIT_EXCEEDED", message, { limit: "MAX_TOKENS" }));
  };
}
