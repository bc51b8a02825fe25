import type { FastifyReply, FastifyRequest } from "fastify";
import { createErrorBody } from "./error-response.ts";

/** Characters of a document for each word or sign that it may have: ample with long names and deep indents. */
const charactersPerToken = 100;

/**
 * Refuses documents whose texts are far longer than their words could make them. Comments are no words, so that
 * `MAX_TOKENS` does not bound them, but a text of millions of them takes a second and 200 MB to read. A fastify
 * `preHandler` hook.
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
      "comments, ask in several operations, and give long texts and lists as variables.";
    reply.code(400).send(createErrorBody("LIMIT_EXCEEDED", message, { limit: "MAX_TOKENS" }));
  };
}
