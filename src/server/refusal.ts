import type { FastifyError, FastifyInstance } from "fastify";
import type { Config } from "../config.ts";
import type { Log } from "./log.ts";

const codes: Record<number, string> = { 413: "PAYLOAD_TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE" };

/**
 * Answers what never reached GraphQL (an unreadable body, one too large, a wrong media type, an unknown address) in
 * GraphQL's own shape. What is unforeseen is logged and masked.
 */
export function addRefusals(app: FastifyInstance, { maxBody }: Config, log: Log): void {
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
        .send(refusal(codes[status] ?? "BAD_REQUEST", messages[error.code] ?? error.message));
    }
    log.error({ requestId: request.id, error }, "unforeseen error");
    return reply
      .code(500)
      .send(
        refusal(
          "INTERNAL_SERVER_ERROR",
          `Something unforeseen happened. Ask again; if it stays so, give the operator the request's id: ${request.id}.`,
        ),
      );
  });
  app.setNotFoundHandler((_request, reply) =>
    reply
      .code(404)
      .send(
        refusal("NOT_FOUND", `There is nothing at this address. GraphQL is at /graphql, by POST or GET.`),
      ),
  );
}

/** An answer with one error and no data; `details` go beside its code. */
export function refusal(code: string, message: string, details: Readonly<Record<string, string>> = {}) {
  return { errors: [{ message, extensions: { code, ...details } }] };
}
