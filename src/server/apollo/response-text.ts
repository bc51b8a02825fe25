import type { ApolloServerPlugin } from "@apollo/server";
import type { FormattedExecutionResult, OperationDefinitionNode } from "graphql";
import { createErrorBody } from "../http/error-response.ts";
import { printResponse } from "./print-response.ts";
import type { ServerContext } from "./server-context.ts";

/** Serialized responses by `identityOf`. */
const texts = new WeakMap<object, string>();

/**
 * Serializes responses, and replaces a response longer than `maxBytes` by an error. In `willSendResponse` the status
 * can still be chosen. The plugin belongs after plugins that change the response and before plugins that read it, such
 * as the log. Operations that were not sent over HTTP are left unchanged.
 */
export function responseTextPlugin(maxBytes: number): ApolloServerPlugin<ServerContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ request, response, operation, contextValue }) {
          if (!request.http || response.body.kind !== "single") return;
          const result = response.body.singleResult;
          const { meter } = contextValue.admittedRequest;
          const text = await meter.complete("printing the answer", printResponse(result));
          // A UTF-16 unit takes at most three bytes, so short texts need not be measured.
          if (text !== undefined && (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes)) {
            texts.set(identityOf(result), text);
            return;
          }
          const { errors } = tooLongError(text, maxBytes, operation);
          response.body.singleResult = {
            errors,
            ...(result.extensions && { extensions: result.extensions }),
          };
          response.http.status = 400;
        },
      };
    },
  };
}

/** The text of a response: that of `responseTextPlugin` if there is one. */
export const responseTextOf = (result: FormattedExecutionResult): string =>
  texts.get(identityOf(result)) ?? JSON.stringify(result);

/** An object that only this response has, and that Apollo Server's copies of it share. */
const identityOf = (result: FormattedExecutionResult): object => result.data ?? result.errors ?? result;

function tooLongError(
  text: string | undefined,
  maxBytes: number,
  operation: OperationDefinitionNode | undefined,
) {
  const size = text === undefined ? "more" : Buffer.byteLength(text);
  const writtenNotice =
    operation?.operation === "mutation" ? " What the mutation was to write has been written." : "";
  const message =
    `The answer has ${size} bytes; ${maxBytes} are allowed (MAX_RESPONSE).${writtenNotice} ` +
    "Ask for fewer records, with `first` or a filter, or for fewer fields.";
  return createErrorBody("LIMIT_EXCEEDED", message, { limit: "MAX_RESPONSE" });
}
