import type { FastifyReply } from "fastify";
import { BadParameter } from "../definition/parameter.ts";
import { TooManyRows } from "../sheet/xlsx-sheet.ts";
import { OperationFailure } from "./operation-failure.ts";

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
