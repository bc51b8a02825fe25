import type { GraphQLResponse } from "@apollo/server";
import type { FastifyReply } from "fastify";
import { statusOfCode } from "../../../server/index.ts";
import { BadParameter } from "../definition/parameter.ts";
import { TooManyRows } from "../sheet/xlsx-sheet.ts";

/** Why an operation was not done, or has no table. The message is for the caller. */
export class OperationFailure extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds. */
  readonly retryAfter: string | undefined;
  /** The path of the argument at fault, if one is. */
  readonly argument: string | undefined;

  constructor(status: number, code: string, message: string, retryAfter?: string, argument?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
    this.argument = argument;
  }
}

/** The failure of an operation by its first error; undefined if it has none. */
export function failureOf({ http, body }: GraphQLResponse): OperationFailure | undefined {
  const [first] = (body.kind === "single" ? body.singleResult.errors : undefined) ?? [];
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
    first.extensions?.argument as string | undefined,
  );
}

/** Answers in place of a report, as text: a program that expects a table fails, and a person can read why. */
export function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply
    .code(status)
    .removeHeader("content-disposition")
    .header("cache-control", "no-store")
    .type("text/plain; charset=utf-8")
    .send(`${text}\n`);
}

/** Answers with a failure that is the caller's, or Alma's, to mend. Throws all other errors. */
export function sendFailure(reply: FastifyReply, error: unknown): FastifyReply {
  if (error instanceof BadParameter || error instanceof TooManyRows)
    return sendText(reply, 400, `BAD_USER_INPUT: ${error.message}`);
  if (!(error instanceof OperationFailure)) throw error;
  if (error.retryAfter !== undefined) reply.header("retry-after", error.retryAfter);
  return sendText(reply, error.status, `${error.code}: ${error.message}`);
}
