import type { FormattedExecutionResult, OperationDefinitionNode } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import type { OperationHooks } from "../../graph/index.ts";
import type { ServerContext } from "../gate/server-context.ts";
import { createErrorBody, statusOfCode } from "../http/error-response.ts";
import { printResponse } from "./print-response.ts";

/**
 * Where the object that `identityOf` gives has the serialized response. A WeakMap would keep each text until the next
 * collection of everything.
 */
const printed = Symbol("printed");

interface Printed {
  [printed]?: string | Buffer;
}

/** Characters of a text that is counted while it waits for its reader; the connection takes a shorter one at once. */
const minHeldLength = 64 * 1024;

/**
 * Serializes responses, and replaces a response longer than `maxBytes` by an error. In `willSendResponse` the status
 * can still be chosen. These hooks belong after those that change the response and before those that read it, such as
 * the log. Operations that were not sent over HTTP are left unchanged.
 */
export function responseTextHooks(maxBytes: number): OperationHooks<ServerContext> {
  return {
    async willSendResponse({ request, response, operation, contextValue }) {
      if (!request.http || response.body.kind !== "single") return;
      const result = response.body.singleResult;
      const { meter } = contextValue.admittedRequest;
      const text = await meter.complete("printing the answer", printResponse(result));
      // To count the bytes of a text takes time; each of its units takes three at most.
      const length = text.length * 3 <= maxBytes ? text.length : Buffer.byteLength(text);
      const isHeld = length >= minHeldLength && operation?.operation === "query";
      const refusal =
        length > maxBytes
          ? tooLongError(length, maxBytes, operation)
          : isHeld && contextValue.admission.holdAnswer(length);
      if (!refusal) {
        identityOf(result)[printed] = text;
        return;
      }
      const { code, message, limit, retryAfter } = refusal;
      response.body.singleResult = {
        ...createErrorBody(code, message, { limit }),
        ...(result.extensions && { extensions: result.extensions }),
      };
      response.http.status = statusOfCode(code);
      if (retryAfter !== undefined) response.http.headers.set("retry-after", String(retryAfter));
    },
  };
}

/**
 * The text of a response: that of `responseTextHooks` if there is one. A long one is UTF-8 in a Buffer, although the
 * type of Apollo Server says text: it and its Fastify integration only hand it on to Fastify, which sends either.
 */
export const responseTextOf = (result: FormattedExecutionResult): string =>
  (identityOf(result)[printed] as string | undefined) ?? JSON.stringify(result);

/** An object that only this response has, and that Apollo Server's copies of it share. */
const identityOf = (result: FormattedExecutionResult): Printed =>
  (result.data ?? result.errors ?? result) as Printed;

function tooLongError(size: number, maxBytes: number, operation: OperationDefinitionNode | undefined) {
  const writtenNotice =
    operation?.operation === "mutation" ? " What the mutation was to write has been written." : "";
  const message =
    `The answer has ${size} bytes; ${maxBytes} are allowed (MAX_RESPONSE).${writtenNotice} ` +
    "Ask for fewer records, with `first` or a filter, or for fewer fields.";
  return new AlmaError("LIMIT_EXCEEDED", message, { limit: "MAX_RESPONSE" });
}
