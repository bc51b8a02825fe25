import type { ApolloServerPlugin } from "@apollo/server";

const readable = new Set(["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"]);

/**
 * Chooses the HTTP status by the media type that the caller accepts, as "GraphQL over HTTP" wants it: a document that
 * cannot be parsed or validated (of any size that is allowed), or input that is refused before anything runs, gets 400
 * with `application/graphql-response+json`, and 200 with `application/json`, whose readers look into the body.
 */
export const statusByAccept: ApolloServerPlugin = {
  async requestDidStart() {
    return {
      async willSendResponse({ request, response }) {
        const errors = response.body.kind === "single" ? response.body.singleResult.errors : undefined;
        const unread = errors?.every(({ extensions }) => readable.has(String(extensions?.code)));
        if (response.http.status !== 400 || !unread) return;
        const accept = request.http?.headers.get("accept") ?? "";
        if (!accept.includes("application/graphql-response+json")) response.http.status = 200;
      },
    };
  },
};
