import type { FastifyReply, FastifyRequest } from "fastify";
import { createErrorBody, statusOfCode } from "../http/error-response.ts";
import type { OutgoingRequest, PeerAnswer } from "./exchange.ts";
import type { Outcome } from "./forward.ts";
import { ticketHeader } from "./ticket.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Whether another process has answered the request. */
    isForwarded?: boolean;
  }
}

/** Headers of a request that are about one connection, or that the process which forwards it sets itself. */
const droppedHeaders = new Set([
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"],
  ...["content-length", "expect", "x-request-id"],
]);
/** Headers of an answer that are about one connection. */
const connectionHeaders = new Set(["connection", "keep-alive", "transfer-encoding", "date", ticketHeader]);

/** Seconds. */
const retryAfter = 1;

/** The headers with which a request is forwarded. The length of a body that is held in memory is known anyway. */
export function outgoingHeaders(
  { headers, id }: FastifyRequest,
  isHeld: boolean,
): OutgoingRequest["headers"] {
  const outgoing: Record<string, string | string[]> = { "x-request-id": id };
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !droppedHeaders.has(name)) outgoing[name] = value;
  const length = headers["content-length"];
  if (!isHeld && length !== undefined) outgoing["content-length"] = length;
  return outgoing;
}

/** Sends the leader's answer as this process's own. */
export function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  { statusCode, headers, body }: PeerAnswer,
): void {
  request.isForwarded = true;
  reply.code(statusCode);
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !connectionHeaders.has(name)) reply.header(name, value);
  // A text that comes before the end of the request's body is sent so that the caller can read it.
  const isText = Buffer.isBuffer(body) && headers["content-encoding"] === undefined;
  reply.send(isText && !request.raw.complete ? body.toString() : body);
}

/** Says why there is no answer of a leader. */
export function sendFailure(
  kind: Exclude<Outcome["kind"], "answered" | "here">,
  { routeOptions }: FastifyRequest,
  reply: FastifyReply,
): void {
  const { code, message } = failures[kind];
  const isToRetry = kind === "no-leader";
  const body = createErrorBody(code, message, isToRetry ? { retryAfter } : {});
  reply.header("cache-control", "no-store");
  if (isToRetry) reply.header("retry-after", retryAfter);
  // The mutation was executed, as far as its caller knows.
  if (kind === "unknown" && routeOptions.url === "/graphql") reply.send({ ...body, data: null });
  else reply.code(statusOfCode(code)).send(body);
}

const failures = {
  "no-leader": {
    code: "NO_LEADER",
    message:
      "No process of this gateway leads at the moment, or it cannot be reached (LEADER_WAIT), so nothing was done. Try " +
      `again in ${retryAfter} s.`,
  },
  unknown: {
    code: "OUTCOME_UNKNOWN",
    message:
      "The process that was executing the request was lost before its answer, and may have written to Alma. Look at the records; " +
      "creates and syncs may be sent again, since the gateway looks first, other mutations with the idempotencyKey that they had.",
  },
  late: {
    code: "DEADLINE_EXCEEDED",
    message:
      "The process that leads did not answer within DEADLINE. Ask for less at once, or try again later.",
  },
} as const;
