import type { ApolloServerPlugin } from "@apollo/server";
import type { FormattedExecutionResult, OperationDefinitionNode } from "graphql";
import { createErrorBody } from "../http/error-response.ts";
import type { ServerContext } from "./server-context.ts";

/** The texts that were made of answers, by what is the answers' own. */
const texts = new WeakMap<object, string>();

/**
 * Makes the text of an answer, and an error in its place if that is longer than is allowed, while there is a status to
 * be chosen and the journal is yet to be told how the operation ended. Comes after what still changes the answer and
 * before what looks at it. Answers to others than HTTP callers are left alone.
 */
export function responseTextPlugin(maxBytes: number): ApolloServerPlugin<ServerContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ request, response, operation }) {
          if (!request.http || response.body.kind !== "single") return;
          const result = response.body.singleResult;
          const text = stringify(result);
          // A character takes three bytes at most, so short texts need no count.
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

/** The text of an answer: the one that `answerText` made, if it made one. */
export const responseTextOf = (result: FormattedExecutionResult): string =>
  texts.get(identityOf(result)) ?? JSON.stringify(result);

/** The part of an answer that no other has, and that is the same in Apollo Server's copies of it. */
const identityOf = (result: FormattedExecutionResult): object => result.data ?? result.errors ?? result;

/** An answer in the order of GraphQL over HTTP; undefined if no text can be as long. */
function stringify({ errors, data, extensions }: FormattedExecutionResult): string | undefined {
  try {
    return JSON.stringify({ errors, data, extensions });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

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
