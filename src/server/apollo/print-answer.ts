import type { OperationDefinitionNode } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import type { Config } from "../../config/index.ts";
import type { AnsweredOperation } from "../../graph/index.ts";
import { createErrorBody, statusOfCode } from "../http/error-response.ts";
import type { ServerContext } from "../observe/server-context.ts";
import { printResponse } from "./print-response.ts";

/** Characters of a text that is counted while it waits for its reader; the connection takes a shorter one at once. */
const minHeldLength = 64 * 1024;

/**
 * A step: prints the response, and replaces one that is longer than MAX_RESPONSE, or finds no room to wait for its
 * reader, by an error, while its status can still be chosen. Operations that were not sent over HTTP are left
 * unchanged.
 */
export async function printAnswer(
  { request, response, operation, contextValue }: AnsweredOperation<ServerContext>,
  { config: { maxResponse } }: { readonly config: Pick<Config, "maxResponse"> },
): Promise<void> {
  if (!request.http || response.body.kind !== "single") return;
  const result = response.body.singleResult;
  const { admission, admittedRequest } = contextValue;
  const text = await admittedRequest.meter.complete("printing the answer", printResponse(result));
  contextValue.text = text;
  // To count the bytes of a text takes time; each of its units takes three at most.
  const length = text.length * 3 <= maxResponse ? text.length : Buffer.byteLength(text);
  const isHeld = length >= minHeldLength && operation?.operation === "query";
  const refusal =
    length > maxResponse
      ? tooLongError(length, maxResponse, operation)
      : isHeld && admission.holdAnswer(length);
  if (!refusal) return;
  const { code, message, limit, retryAfter } = refusal;
  response.body.singleResult = {
    ...createErrorBody(code, message, { limit, retryAfter }),
    ...(result.extensions && { extensions: result.extensions }),
  };
  response.http.status = statusOfCode(code);
  if (retryAfter !== undefined) response.http.headers.set("retry-after", String(retryAfter));
  contextValue.text = JSON.stringify(response.body.singleResult);
}

function tooLongError(size: number, maxBytes: number, operation: OperationDefinitionNode | undefined) {
  const writtenNotice =
    operation?.operation === "mutation" ? " What the mutation was to write has been written." : "";
  const message =
    `The answer has ${size} bytes; ${maxBytes} are allowed (MAX_RESPONSE).${writtenNotice} ` +
    "Ask for fewer records, with `first` or a filter, or for fewer fields.";
  return new AlmaError("LIMIT_EXCEEDED", message, { limit: "MAX_RESPONSE" });
}
