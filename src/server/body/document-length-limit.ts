import type { FastifyReply, FastifyRequest } from "fastify";
import { RefusedRequest } from "../http/error-response.ts";
import { limitJson } from "./json-limits.ts";

/** Characters of a document for each token that it may have: enough for long names and deep indentation. */
const charactersPerToken = 100;

/**
 * Returns a Fastify `preHandler` hook that refuses documents far longer than their tokens need, and JSON in a query
 * string that is nested too deeply. `MAX_TOKENS` does not count comments, but parsing millions of them takes a second
 * and 200 MB.
 */
export function limitDocumentLength(maxTokens: number) {
  const maxLength = maxTokens * charactersPerToken;
  return (
    { body, query: search }: FastifyRequest,
    _reply: FastifyReply,
    done: (error?: Error) => void,
  ): void => {
    const { query } = (body ?? search ?? {}) as { readonly query?: unknown };
    try {
      if (typeof query === "string" && query.length > maxLength)
        throw new RefusedRequest(
          400,
          "LIMIT_EXCEEDED",
          `The document has ${query.length} characters; ${maxLength} are allowed (${charactersPerToken} for each of MAX_TOKENS). Leave out ` +
            "comments, split the operation, and send long texts and lists as variables.",
          { limit: "MAX_TOKENS" },
        );
      const { variables, extensions } = search as Readonly<Record<string, unknown>>;
      limitJson(`${variables}`, "The parameter variables");
      limitJson(`${extensions}`, "The parameter extensions");
      done();
    } catch (error) {
      done(error as RefusedRequest);
    }
  };
}
