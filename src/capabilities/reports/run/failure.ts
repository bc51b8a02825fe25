import type { FastifyReply } from "fastify";
import type { SingleResponse } from "../../../graph/index.ts";
import { statusOfCode } from "../../../server/index.ts";
import { InvalidParameterError } from "../definition/parameter.ts";
import { TooManyRowsError } from "../sheet/xlsx.ts";

/** Details of a failure, from the extensions of its error. */
interface FailureDetails {
  /** The path of the invalid argument. */
  readonly argument?: string;
  /** Since when data that was not known at the requested time is known, as a date in ISO 8601. */
  readonly since?: string;
}

/** Why an operation failed or gives no table. The message is for the caller. */
export class OperationFailure extends Error {
  readonly status: number;
  readonly code: string;
  /** In seconds. */
  readonly retryAfter: string | undefined;
  readonly details: FailureDetails;

  constructor(
    status: number,
    code: string,
    message: string,
    retryAfter?: string,
    details: FailureDetails = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
    this.details = details;
  }
}

/** Thrown if there is no complete table. Its handlers add how to get the incomplete one. */
export class IncompleteTableError extends OperationFailure {}

/** Returns the failure of an operation by its first error, if any. */
export function failureOf({ http, body }: SingleResponse): OperationFailure | undefined {
  const [first] = body.singleResult.errors ?? [];
  if (!first) return undefined;
  const code = String(first.extensions?.code ?? "INTERNAL_SERVER_ERROR");
  const known = statusOfCode(code);
  const isRefused = code.startsWith("GRAPHQL_") || code === "PERSISTED_QUERY_NOT_FOUND";
  const status = known !== 500 ? known : isRefused ? 400 : (http.status ?? 500);
  return new OperationFailure(
    status < 400 ? 500 : status,
    code,
    first.message,
    http.headers.get("retry-after"),
    first.extensions,
  );
}

/**
 * Answers with text instead of a report, so that a program that expects a table fails and a person can read the reason.
 */
export function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply
    .code(status)
    .removeHeader("content-disposition")
    .header("cache-control", "no-store")
    .type("text/plain; charset=utf-8")
    .send(`${text}\n`);
}

/** Answers with a failure caused by the caller or Alma. Throws all other errors. */
export function sendTableError(reply: FastifyReply, error: unknown): FastifyReply {
  if (error instanceof InvalidParameterError || error instanceof TooManyRowsError)
    return sendText(reply, 400, `BAD_USER_INPUT: ${error.message}`);
  if (!(error instanceof OperationFailure)) throw error;
  if (error.retryAfter !== undefined) reply.header("retry-after", error.retryAfter);
  const advice =
    error instanceof IncompleteTableError
      ? " Try again later, or add _partial=1 to the address to get it nevertheless, with #N/A for what is missing."
      : "";
  return sendText(reply, error.status, `${error.code}: ${error.message}${advice}`);
}
