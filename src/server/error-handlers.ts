import type { FastifyError, FastifyInstance } from "fastify";
import type { Config } from "../config.ts";
import { createErrorBody } from "./http/error-response.ts";
import type { Log } from "./http/log.ts";
import type { Metrics } from "./observe/metrics.ts";

const notFoundMessage = "There is nothing at this address. GraphQL is at /graphql, by POST or GET.";

const errorCodes: Record<number, string> = { 413: "PAYLOAD_TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE" };

/**
 * Answers what never reached GraphQL (an unreadable body, one too large, a wrong media type or method, an unknown
 * address) in GraphQL's own shape. What is unforeseen is logged, counted and masked.
 */
export function addErrorHandlers(
  app: FastifyInstance,
  { maxBody }: Config,
  log: Log,
  metrics: Metrics,
): void {
  const messages: Record<string, string> = {
    FST_ERR_CTP_INVALID_MEDIA_TYPE:
      "The body has a content-type that is not taken here. Send application/json.",
    FST_ERR_CTP_EMPTY_JSON_BODY: "The body is empty. Send JSON with a query.",
    FST_ERR_CTP_INVALID_JSON_BODY:
      "The body is not valid JSON, though its content-type says so, or it has a name such as __proto__. Send JSON with a " +
      "query.",
    FST_ERR_CTP_BODY_TOO_LARGE: `The body has more than the allowed ${maxBody} bytes (MAX_BODY). Ask in several operations.`,
  };
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) {
      return reply
        .code(status)
        .send(createErrorBody(errorCodes[status] ?? "BAD_REQUEST", messages[error.code] ?? error.message));
    }
    log.error({ requestId: request.id, error }, "unforeseen error");
    metrics.recordUnexpectedError();
    return reply
      .code(500)
      .send(
        createErrorBody(
          "INTERNAL_SERVER_ERROR",
          `Something unforeseen happened. Ask again; if it stays so, give the operator the request's id: ${request.id}.`,
        ),
      );
  });
  app.setNotFoundHandler(({ method, url }, reply) => {
    const path = url.replace(/\?.*$/s, "");
    const allowed = app.supportedMethods.filter((candidate) =>
      app.hasRoute({ method: candidate, url: path }),
    );
    if (allowed.length === 0) return reply.code(404).send(createErrorBody("NOT_FOUND", notFoundMessage));
    const message = `This address takes no ${method}. It takes ${allowed.join(", ")}.`;
    return reply
      .code(405)
      .header("allow", allowed.join(", "))
      .send(createErrorBody("METHOD_NOT_ALLOWED", message));
  });
}
