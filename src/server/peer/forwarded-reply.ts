import type { FastifyReply, FastifyRequest } from "fastify";
import { createErrorBody, RefusedRequest } from "../http/error-response.ts";
import type { OutgoingRequest, PeerAnswer } from "./exchange.ts";
import type { ForwardOutcome } from "./forward.ts";
import { ticketHeader } from "./ticket.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Whether another process answered the request. */
    isForwarded?: boolean;
  }
}

/** Request headers that concern one connection, or that the forwarding process sets itself. */
const droppedHeaders = new Set([
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"],
  ...["content-length", "expect", "x-request-id"],
]);
/** Answer headers that concern one connection. */
const connectionHeaders = new Set(["connection", "keep-alive", "transfer-encoding", "date", ticketHeader]);

/** The `Retry-After` of failures, in seconds. */
const RETRY_AFTER = 1;

/** Returns the headers of a forwarded request. The length of a buffered body is known anyway. */
export function outgoingHeaders(
  { headers, id }: FastifyRequest,
  isRepeatable: boolean,
): OutgoingRequest["headers"] {
  const outgoing: Record<string, string | string[]> = { "x-request-id": id };
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !droppedHeaders.has(name)) outgoing[name] = value;
  const length = headers["content-length"];
  if (!isRepeatable && length !== undefined) outgoing["content-length"] = length;
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
  // A buffered text that arrives before the whole request body is sent as text, so that `readBodyAfterResponse` handles
  // it.
  const isText = Buffer.isBuffer(body) && headers["content-encoding"] === undefined;
  reply.send(isText && !request.raw.complete ? body.toString() : body);
}

/** Sends the error for a request without an answer of a leader. */
export function sendFailure(
  kind: Exclude<ForwardOutcome["kind"], "answered" | "here">,
  { routeOptions }: FastifyRequest,
  reply: FastifyReply,
): void {
  const failure = failures[kind];
  reply.header("cache-control", "no-store");
  // GraphQL clients expect `data: null` for a mutation that may have been executed.
  if (kind === "unknown" && routeOptions.url === "/graphql")
    reply.send({ ...createErrorBody(failure.code, failure.message), data: null });
  else failure.send(reply);
}

const failures = {
  "no-leader": new RefusedRequest(
    503,
    "NO_LEADER",
    "No process of this gateway leads at the moment, or it cannot be reached, so nothing was done. Try " +
      `again in ${RETRY_AFTER} s.`,
    { retryAfter: RETRY_AFTER },
  ),
  unknown: new RefusedRequest(
    502,
    "OUTCOME_UNKNOWN",
    "The process that was executing the request was lost before its answer, and may have written to Alma. Look at the records; " +
      "creates and syncs may be sent again, since the gateway looks first, other mutations with the idempotencyKey that they had.",
  ),
  late: new RefusedRequest(
    504,
    "DEADLINE_EXCEEDED",
    "The process that leads did not answer within DEADLINE. Ask for less at once, or try again later.",
  ),
};
