import type { FastifyError, FastifyInstance } from "fastify";
import { createErrorBody, RefusedRequest } from "../../../server/index.ts";
import { InvalidBodyError } from "./body.ts";

/** The maximum size of a body in bytes. */
interface BodyLimits {
  readonly form: number;
  readonly json: number;
}

/** Explains invalid bodies with this route's limits. Leaves other errors to the server's error handler. */
export function explainBodyErrors(scope: FastifyInstance, limits: BodyLimits): void {
  scope.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error instanceof InvalidBodyError) {
      const errors = error.messages.flatMap((message) => createErrorBody("BAD_USER_INPUT", message).errors);
      return reply.code(400).send({ errors });
    }
    if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
      const isForm = /^application\/x-www-form-urlencoded/i.test(request.headers["content-type"] ?? "");
      const message = isForm
        ? `The form has more than the allowed ${limits.form} bytes. A Bitrix webhook is smaller.`
        : `The body has more than the allowed ${limits.json} bytes. Send fewer items at once.`;
      throw new RefusedRequest(413, "PAYLOAD_TOO_LARGE", message);
    }
    const explanation = explanations[error.code];
    if (!explanation) throw error;
    const [status, code, message] = explanation;
    throw new RefusedRequest(status, code, message);
  });
}

const explanations: Readonly<Record<string, readonly [status: number, code: string, message: string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    "The content-type of the body is not accepted here. Send application/json, or a webhook's form as " +
      "application/x-www-form-urlencoded.",
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, "BAD_USER_INPUT", "The body is empty. Send JSON with items."],
  FST_ERR_CTP_INVALID_JSON_BODY: [
    400,
    "BAD_USER_INPUT",
    "The body is not valid JSON, or has a name such as __proto__, which no item has. Send JSON with items.",
  ],
};
