import type { FastifyReply } from "fastify";
import type { FormattedExecutionResult, GraphQLFormattedError, OperationDefinitionNode } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import type { Config } from "../../config/index.ts";
import {
  type AnsweredOperation,
  JsonText,
  mapPromiseOrValue,
  type PromiseOrValue,
  type Steps,
} from "../../graph/index.ts";
import { createErrorBody, statusOfCode } from "../http/error-response.ts";
import type { PrintedResponse, ServerContext } from "../observe/server-context.ts";

/** The number of characters encoded together. Shorter texts are sent as strings, which is cheaper. */
const MIN_ENCODED_LENGTH = 256 * 1024;
/** The number of characters after which printing yields. */
const LONG_LENGTH = 64 * 1024;

/**
 * Prints a response as JSON. Yields while printing a large response, and encodes it as UTF-8, since Node would later
 * encode a long string in one piece. The data of a query is already JSON text.
 */
export function* printResponse(response: FormattedExecutionResult): Steps<PrintedResponse> {
  const encoded: Buffer[] = [];
  let text = "";
  let separator = "{";
  for (const key of ["errors", "data"] as const) {
    const value: unknown = response[key];
    if (value === undefined) continue;
    text += `${separator}"${key}":`;
    separator = ",";
    for (const part of value instanceof JsonText ? value.texts() : [JSON.stringify(value)]) {
      text += part;
      if (text.length >= MIN_ENCODED_LENGTH) {
        encoded.push(Buffer.from(text));
        text = "";
      }
      if (encoded.length > 0 || text.length >= LONG_LENGTH) yield;
    }
  }
  const { extensions } = response;
  const rest = extensions ? `${separator}"extensions":${JSON.stringify(extensions)}}` : "}";
  if (encoded.length === 0) return { text: text + rest, head: text };
  const end = Buffer.from(rest);
  const bytes = Buffer.concat([...encoded, Buffer.from(text), end]);
  return { text: bytes, head: bytes.subarray(0, -end.length) };
}

const inputErrorCodes = new Set(["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"]);

/**
 * Sets the HTTP status by media type, as "GraphQL over HTTP" requires. Errors in parsing, validation and input
 * are 400 with `application/graphql-response+json` and 200 with `application/json`. The media type is known only in
 * `onSend`.
 */
export function setStatusByMediaType(reply: FastifyReply, body: unknown): void {
  if (reply.statusCode !== 400 || !(typeof body === "string" || Buffer.isBuffer(body))) return;
  const isPlainJson = String(reply.getHeader("content-type")).startsWith("application/json");
  if (isPlainJson && hasOnlyInputErrors(String(body))) reply.code(200);
}

function hasOnlyInputErrors(text: string): boolean {
  const { errors } = JSON.parse(text) as { readonly errors?: readonly GraphQLFormattedError[] };
  return errors?.every(({ extensions }) => inputErrorCodes.has(String(extensions?.code))) === true;
}

/** The length, in characters, from which an unread text is counted. Sockets accept shorter texts immediately. */
const MIN_HELD_LENGTH = 64 * 1024;

/**
 * Step: prints the response. Replaces it with an error if it is longer than MAX_RESPONSE or exceeds the limit of unread
 * bytes, while the status can still be set. Leaves operations not sent over HTTP unchanged.
 */
export function printAnswer(
  answered: AnsweredOperation<ServerContext>,
  { config: { maxResponse } }: { readonly config: Config },
): PromiseOrValue<void> {
  const { request, response, contextValue } = answered;
  if (!request.http) return;
  const { meter } = contextValue.admittedRequest;
  const steps = printResponse(response.body.singleResult);
  return mapPromiseOrValue(meter.complete("printing the answer", steps), (printed) => {
    const refusal = findRefusal(answered, printed, maxResponse);
    contextValue.printed = refusal ? printRefusal(answered, refusal) : printed;
  });
}

/** Returns the error that replaces a printed response, if it must not be sent. */
function findRefusal(
  { operation, contextValue }: AnsweredOperation<ServerContext>,
  { text }: PrintedResponse,
  maxResponse: number,
) {
  // Counting bytes takes time; a character takes at most three.
  const length = text.length * 3 <= maxResponse ? text.length : Buffer.byteLength(text);
  if (length > maxResponse) return tooLongError(length, maxResponse, operation);
  const isHeld = length >= MIN_HELD_LENGTH && operation?.operation === "query";
  return isHeld ? contextValue.admission.countUnread(length) : undefined;
}

/** Replaces the response with an error, and prints it. */
function printRefusal(
  { response }: AnsweredOperation<ServerContext>,
  { code, message, limit, retryAfter }: AlmaError,
): PrintedResponse {
  const { extensions } = response.body.singleResult;
  const singleResult = {
    ...createErrorBody(code, message, { limit, retryAfter }),
    ...(extensions && { extensions }),
  };
  response.body = { kind: "single", singleResult };
  response.http.status = statusOfCode(code);
  if (retryAfter !== undefined) response.http.headers.set("retry-after", String(retryAfter));
  const text = JSON.stringify(singleResult);
  return { text, head: text };
}

function tooLongError(size: number, maxBytes: number, operation: OperationDefinitionNode | undefined) {
  const writtenNotice = operation?.operation === "mutation" ? " The mutation was executed." : "";
  const message =
    `The answer has ${size} bytes; ${maxBytes} are allowed.${writtenNotice} ` +
    "Ask for fewer records, with `first` or a filter, or for fewer fields.";
  return new AlmaError("LIMIT_EXCEEDED", message, { limit: "MAX_RESPONSE" });
}
