import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Config, Log } from "../config/index.ts";
import { RefusedRequest } from "./http/error-response.ts";
import type { Metrics } from "./observe/metrics.ts";

const notFoundMessage = "There is nothing at this address. GraphQL is at /graphql, by POST or GET.";

const errorCodes: Record<number, string> = { 413: "PAYLOAD_TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE" };

/**
 * Answers requests that do not reach GraphQL (an invalid or too large body, a wrong media type or method, an unknown
 * path) with GraphQL errors. Logs, counts and masks unexpected errors.
 */
export function addErrorHandlers(
  app: FastifyInstance,
  { maxBody }: Config,
  log: Log,
  metrics: Metrics,
): void {
  const messages: Record<string, string> = {
    FST_ERR_CTP_INVALID_MEDIA_TYPE:
      "The content-type of the body is not accepted here. Send application/json.",
    FST_ERR_CTP_EMPTY_JSON_BODY: "The body is empty. Send JSON with a query.",
    FST_ERR_CTP_INVALID_JSON_BODY:
      "The body is not valid JSON, though its content-type says so, or it has a name such as __proto__. Send JSON with a " +
      "query.",
    FST_ERR_CTP_BODY_TOO_LARGE: `The body has more than the allowed ${maxBody} bytes (MAX_BODY). Ask in several operations.`,
  };
  app.setErrorHandler((error: FastifyError | RefusedRequest, request, reply) => {
    if (error instanceof RefusedRequest) return error.send(reply);
    const status = error.statusCode ?? 500;
    if (status < 500) {
      const message = messages[error.code] ?? error.message;
      return new RefusedRequest(status, errorCodes[status] ?? "BAD_REQUEST", message).send(reply);
    }
    // Streams end with this error if the caller disconnects before the first byte.
    if (error.code !== "ERR_STREAM_PREMATURE_CLOSE" || !reply.raw.closed) {
      log.error({ requestId: request.id, error }, "unexpected error");
      metrics.recordUnexpectedError();
    }
    const message = `An unexpected error happened. Try again; if it persists, give the operator the id of the request: ${request.id}.`;
    return new RefusedRequest(500, "INTERNAL_SERVER_ERROR", message).send(reply);
  });
  app.setNotFoundHandler(answerNotFound);
}

/** Answers a request to an unknown address, or by a method that its address does not accept. */
export function answerNotFound({ server, method, url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = url.replace(/\?.*$/s, "");
  const allowed = server.supportedMethods.filter((candidate) =>
    server.hasRoute({ method: candidate, url: path }),
  );
  if (allowed.length === 0) return new RefusedRequest(404, "NOT_FOUND", notFoundMessage).send(reply);
  const message = `This address does not accept ${method}. It accepts ${allowed.join(", ")}.`;
  reply.header("allow", allowed.join(", "));
  return new RefusedRequest(405, "METHOD_NOT_ALLOWED", message).send(reply);
}
