import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { GraphQLError } from "graphql";
import { onRequestClosed } from "../http/request-closed.ts";
import type { AuditedRequest, AuditLog } from "./audit-log.ts";

/**
 * A request that passed authentication and the limits, from its headers to its answer: an operation, or an upload. In
 * resolvers and plugins it is the `admittedRequest` of their context.
 */
export interface AdmittedRequest extends AuditedRequest {
  /** Fires when the caller leaves before its answer, or when the deadline has passed. */
  readonly signal: AbortSignal;
  /** `performance.now()` at its beginning. */
  readonly startedAt: number;
  /** Where its writes and its reads of secrets are noted. */
  readonly audit: AuditLog;
  /** The records of which it has read secrets, and which: names of fields, never values. */
  readonly secretsRead: Map<string, Set<string>>;
  /** Calls back when the answer is sent or its caller has left; at once if that is so already. */
  onClosed(callback: () => void): void;
}

const admittedRequests = new WeakSet<FastifyRequest>();

/** Whether a request has become an operation. */
export const isAdmitted = (request: FastifyRequest): boolean => admittedRequests.has(request);

/** The id of a request: the caller's X-Request-Id if it is short and plain, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const header = request.headers["x-request-id"];
  return typeof header === "string" && /^[\w.:-]{1,100}$/.test(header) ? header : randomUUID();
}

/**
 * Begins the operation of a caller who was let in. Its signal's reason is a GraphQLError: `DEADLINE_EXCEEDED` when
 * `deadline` milliseconds have passed. Nobody reads the reason when the caller left. Throws `UNAUTHENTICATED` if the
 * request has no caller.
 */
export function admitRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  deadline: number,
  audit: AuditLog,
): AdmittedRequest {
  const { caller } = request;
  if (!caller) throw unauthenticatedError();
  admittedRequests.add(request);
  const abortController = new AbortController();
  const timer = setTimeout(() => abortController.abort(deadlineExceededError(deadline)), deadline);
  const closedCallbacks: (() => void)[] = [];
  let isClosed = false;
  const handleClosed = () => {
    isClosed = true;
    clearTimeout(timer);
    if (!reply.raw.writableFinished) abortController.abort(new Error("The caller left before its answer."));
    for (const callback of closedCallbacks) callback();
  };
  onRequestClosed(request, reply, handleClosed);
  const client = request.headers["apollographql-client-name"];
  return {
    requestId: request.id,
    caller,
    signal: abortController.signal,
    startedAt: performance.now(),
    audit,
    secretsRead: new Map(),
    client: typeof client === "string" ? client.slice(0, 100) : undefined,
    onClosed(callback) {
      if (isClosed) callback();
      else closedCallbacks.push(callback);
    },
  };
}

function unauthenticatedError(): GraphQLError {
  return new GraphQLError("Send a key: those who send none are answered nothing here.", {
    extensions: { code: "UNAUTHENTICATED", http: { status: 401 } },
  });
}

function deadlineExceededError(deadline: number): GraphQLError {
  return new GraphQLError(
    `The operation did not finish within ${deadline / 1000} s. Ask for less at once, or try again later.`,
    { extensions: { code: "DEADLINE_EXCEEDED" } },
  );
}
