import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { GraphQLError } from "graphql";
import { LightSignal } from "../../alma/index.ts";
import type { Config } from "../../config/index.ts";
import { Meter, type OperationRequest, type StopSignal } from "../../graph/index.ts";
import { onComputed, onRequestClosed } from "../http/request-closed.ts";
import type { Caller } from "../scope/scope.ts";
import type { AuditedRequest, AuditLog } from "./audit-log.ts";
import { askedBy } from "./ended-requests.ts";

/**
 * An operation or upload that passed authentication and the limits. Resolvers and hooks have it in their
 * context as `admittedRequest`.
 */
export interface AdmittedRequest extends AuditedRequest {
  /** The same for the same caller, document and variables. */
  readonly asked: string;
  /** Aborted when the caller disconnects before its response, or the deadline has passed. */
  readonly signal: StopSignal;
  /** By `performance.now()`. */
  readonly startedAt: number;
  /** Measures and limits the CPU of the operation. */
  readonly meter: Meter;
  /** Records its writes and its reads of secrets. */
  readonly audit: AuditLog;
  /** The secret fields read so far, by record: names, never values. */
  readonly secretsRead: Map<string, Set<string>>;
  /** Calls back when the response is sent or the caller has disconnected; immediately if it already has. */
  onClosed(callback: () => void): void;
  /** Like `onClosed`, but already when the response is computed and only waits for its reader. */
  onComputed(callback: () => void): void;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Whether `admitRequest` has admitted it, so that it has its own log line. */
    isAdmitted?: boolean;
  }
}

/** The parts of an HTTP request, or of a stand-in, that an operation uses. */
export interface AskingRequest
  extends Pick<
    FastifyRequest,
    "id" | "headers" | "body" | "routeOptions" | "caller" | "document" | "answerKey" | "raw" | "ticket"
  > {
  /** The protocol by which it reached this gateway. */
  readonly protocol?: string;
  readonly host?: string;
  /** The text of the body as received. */
  readonly bodyText?: string | null;
  readonly isLeaderless?: boolean;
  /** Leaves its place early. */
  readonly leavePlace?: (() => void) | null;
  /** Whether `admitRequest` has admitted it. */
  isAdmitted?: boolean;
  /** Whether no caller waits for it, as for a bulk operation. */
  readonly isBulk?: boolean;
  /**
   * The recipients of an answer shared by equal requests. `caller` then has their scopes and bears the cost;
   * nothing else of a caller or request is in the answer.
   */
  readonly followers?: readonly AuditedRequest[];
}

/** Sends the answer of an operation. */
export interface Carrier extends Pick<AdmittedRequest, "onClosed" | "onComputed"> {
  /** Returns whether the answer was sent, once closed. */
  isSent(): boolean;
}

/** Creates the carrier of a response. */
export const carrierOf = (request: FastifyRequest, reply: FastifyReply): Carrier => ({
  onClosed: (callback) => onRequestClosed(request, reply, callback),
  onComputed: (callback) => onComputed(request, reply, callback),
  isSent: () => reply.raw.writableFinished,
});

/** The request of an operation without a response; `at`: what runs it, for the log. */
export interface ApartRequest
  extends Pick<AskingRequest, "id" | "caller">,
    Partial<Omit<AskingRequest, "id" | "caller">> {
  readonly at: string;
}

/** Creates the stand-in for the request of an operation without a response. */
export const requestApart = ({ at, ...request }: ApartRequest, body: OperationRequest): AskingRequest => ({
  headers: {},
  body,
  // Safe, here and below: the stand-in has everything that is read of a request.
  routeOptions: { url: at } as AskingRequest["routeOptions"],
  raw: { complete: true } as IncomingMessage,
  document: null,
  answerKey: null,
  ...request,
});

/** Creates the carrier of an operation without a response, until `close` is called. */
export function carrierApart(): { readonly carrier: Carrier; close(): void } {
  const callbacks: (() => void)[] = [];
  const add = (callback: () => void) => void callbacks.push(callback);
  return {
    carrier: { onClosed: add, onComputed: add, isSent: () => true },
    close() {
      for (const callback of callbacks) callback();
    },
  };
}

/** Returns the caller's X-Request-Id if it is short and plain, else a new id. */
export function requestIdOf(request: IncomingMessage): string {
  const header = request.headers["x-request-id"];
  return typeof header === "string" && /^[\w.:-]{1,100}$/.test(header) ? header : randomUUID();
}

/**
 * Admits the request of an authenticated caller. After `deadline` milliseconds its signal is aborted with a
 * `DEADLINE_EXCEEDED` GraphQLError; it may use `cpuBudget` milliseconds of CPU. Throws an `UNAUTHENTICATED`
 * GraphQLError if the request has no caller.
 */
export function admitRequest(
  request: AskingRequest,
  carrier: Carrier,
  { deadline, cpuBudget }: Pick<Config, "deadline" | "cpuBudget">,
  audit: AuditLog,
): AdmittedRequest {
  const { caller } = request;
  if (!caller)
    throw new GraphQLError("Send a key: nothing is answered here without one.", {
      extensions: { code: "UNAUTHENTICATED", http: { status: 401 } },
    });
  request.isAdmitted = true;
  const signal = new LightSignal();
  const timer = setTimeout(() => signal.abort(deadlineExceededError(deadline)), deadline);
  carrier.onClosed(() => {
    clearTimeout(timer);
    if (!carrier.isSent()) signal.abort(new Error("The caller disconnected before its response."));
  });
  const { requestId, client } = auditedRequest(request, caller);
  const asked = askedBy(request);
  return {
    asked,
    requestId,
    caller,
    client,
    followers: request.followers,
    signal,
    startedAt: performance.now(),
    meter: new Meter(
      cpuBudget,
      `${describeOperation(request)}\n${asked}`,
      request.followers ? ownersOf(request.followers) : [caller.id],
    ),
    audit,
    secretsRead: new Map(),
    onClosed: carrier.onClosed,
    onComputed: carrier.onComputed,
  };
}

/** Returns the callers an answer is for, each once. */
export const ownersOf = (followers: Iterable<Pick<AuditedRequest, "caller">>): string[] => [
  ...new Set([...followers].map(({ caller }) => caller.id)),
];

/** Names an operation before its document is parsed, without its variables. */
function describeOperation({ id, body, routeOptions }: AskingRequest): string {
  const { query, operationName } = (body ?? {}) as Readonly<Record<string, unknown>>;
  const [, inDocument] = /^\s*(?:query|mutation)\s+(\w+)/.exec(String(query).slice(0, 200)) ?? [];
  const name = String(operationName ?? inDocument ?? "an operation").slice(0, 60);
  return `${name} at ${routeOptions.url}, request ${id}`;
}

/** Returns the log fields for a request of this caller. */
export function auditedRequest(
  { id, headers }: Pick<AskingRequest, "id" | "headers">,
  caller: Caller,
): AuditedRequest {
  const client = headers["apollographql-client-name"];
  return {
    requestId: id,
    caller,
    client: typeof client === "string" ? client.slice(0, 100) : undefined,
  };
}

function deadlineExceededError(deadline: number): GraphQLError {
  return new GraphQLError(
    `The operation did not finish within ${deadline / 1000} s. Ask for less at once, or try again later.`,
    { extensions: { code: "DEADLINE_EXCEEDED" } },
  );
}
