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
import { requestKeyOf } from "./fatal-requests.ts";

/**
 * An operation or upload that passed authentication and the limits. Resolvers and hooks find it in their context as
 * `admittedRequest`.
 */
export interface AdmittedRequest extends AuditedRequest {
  /** Identifies the request: equal for the same caller, document and variables. */
  readonly requestKey: string;
  /** Aborted when the caller disconnects before its response, or when the deadline passes. */
  readonly signal: StopSignal;
  /** The start time by `performance.now()`. */
  readonly startedAt: number;
  /** Measures and limits the CPU of the operation. */
  readonly meter: Meter;
  /** Records its writes and its reads of secrets. */
  readonly audit: AuditLog;
  /** The secret fields read so far, by record: names, never values. */
  readonly secretsRead: Map<string, Set<string>>;
  /** Calls back when the response is sent or the caller disconnects; immediately if either has happened. */
  onClosed(callback: () => void): void;
  /** Like `onClosed`, but calls back as soon as the response is computed. */
  onComputed(callback: () => void): void;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Whether `admitRequest` has admitted it; admitted requests have their own log line. */
    isAdmitted?: boolean;
  }
}

/** The parts of a Fastify request, or of a substitute for one, that an operation uses. */
export interface RequestLike
  extends Pick<
      FastifyRequest,
      "id" | "headers" | "body" | "routeOptions" | "caller" | "document" | "cacheKey" | "raw"
    >,
    Partial<
      Pick<
        FastifyRequest,
        "protocol" | "host" | "bodyText" | "ticket" | "isLeaderless" | "releaseSlot" | "isAdmitted"
      >
    > {
  /** Whether no caller waits for it, as for a bulk operation. */
  readonly isBulk?: boolean;
  /**
   * The recipients of an answer shared by equal requests. `caller` then has their scopes and bears the cost; the answer
   * depends on nothing else of a caller or request.
   */
  readonly followers?: readonly AuditedRequest[];
}

/** The events of the response to an operation. */
export interface ResponseEvents extends Pick<AdmittedRequest, "onClosed" | "onComputed"> {
  /** After the end, returns whether the answer was sent. */
  isSent(): boolean;
}

/** Returns the events of an HTTP response. */
export const responseEventsOf = (reply: FastifyReply): ResponseEvents => ({
  onClosed: (callback) => onRequestClosed(reply, callback),
  onComputed: (callback) => onComputed(reply, callback),
  isSent: () => reply.raw.writableFinished,
});

/** The request of an operation without an HTTP response. `at`: the part that runs it, for the log. */
export interface InternalRequest
  extends Pick<RequestLike, "id" | "caller">,
    Partial<Omit<RequestLike, "id" | "caller">> {
  readonly at: string;
}

/** Creates the substitute for the HTTP request of an operation without one. */
export const internalRequest = (
  { at, ...request }: InternalRequest,
  body: OperationRequest,
): RequestLike => ({
  headers: {},
  body,
  // Safe, here and below: the substitute has every property that is read.
  routeOptions: { url: at } as RequestLike["routeOptions"],
  raw: { complete: true } as IncomingMessage,
  document: null,
  cacheKey: null,
  ...request,
});

/** Creates the events of an operation without a response, which `close` ends. */
export function internalResponseEvents(): { readonly events: ResponseEvents; close(): void } {
  const callbacks: (() => void)[] = [];
  const add = (callback: () => void) => void callbacks.push(callback);
  return {
    events: { onClosed: add, onComputed: add, isSent: () => true },
    close() {
      for (const callback of callbacks) callback();
    },
  };
}

/** Returns the caller's X-Request-Id if it is short and of plain characters, else a new id. */
export function requestIdOf(request: IncomingMessage): string {
  const header = request.headers["x-request-id"];
  return typeof header === "string" && /^[\w.:-]{1,100}$/.test(header) ? header : randomUUID();
}

/**
 * Admits the request of an authenticated caller. After `deadline` milliseconds its signal is aborted with a
 * `DEADLINE_EXCEEDED` GraphQLError. It may use `cpuBudget` milliseconds of CPU. Throws an `UNAUTHENTICATED`
 * GraphQLError if the request has no caller.
 */
export function admitRequest(
  request: RequestLike,
  events: ResponseEvents,
  { deadline, cpuBudget }: Pick<Config, "deadline" | "cpuBudget">,
  audit: AuditLog,
): AdmittedRequest {
  const { caller } = request;
  if (!caller)
    throw new GraphQLError("Authentication is required: send an API key.", {
      extensions: { code: "UNAUTHENTICATED", http: { status: 401 } },
    });
  request.isAdmitted = true;
  const signal = new LightSignal();
  const timer = setTimeout(() => signal.abort(deadlineExceededError(deadline)), deadline);
  const { requestId, client } = auditedRequest(request, caller);
  const requestKey = requestKeyOf(request);
  const owners = request.followers ? ownersOf(request.followers) : [caller.id];
  const meter = new Meter(cpuBudget, `${describeOperation(request)}\n${requestKey}`, owners);
  events.onClosed(() => {
    clearTimeout(timer);
    meter.end();
    if (!events.isSent()) signal.abort(new Error("The caller disconnected before its response."));
  });
  return {
    requestKey,
    requestId,
    caller,
    client,
    followers: request.followers,
    signal,
    startedAt: performance.now(),
    meter,
    audit,
    secretsRead: new Map(),
    onClosed: events.onClosed,
    onComputed: events.onComputed,
  };
}

/** Returns the ids of the callers that an answer is for, each once. */
export const ownersOf = (followers: Iterable<Pick<AuditedRequest, "caller">>): string[] => [
  ...new Set([...followers].map(({ caller }) => caller.id)),
];

/** Describes an operation before its document is parsed, without its variables. */
function describeOperation({ id, body, routeOptions }: RequestLike) {
  const { query, operationName } = (body ?? {}) as Readonly<Record<string, unknown>>;
  const [, inDocument] = /^\s*(?:query|mutation)\s+(\w+)/.exec(String(query).slice(0, 200)) ?? [];
  const name = String(operationName ?? inDocument ?? "an operation").slice(0, 60);
  return `${name} at ${routeOptions.url}, request ${id}`;
}

/** Returns the log fields for a request of this caller. */
export function auditedRequest(
  { id, headers }: Pick<RequestLike, "id" | "headers">,
  caller: Caller,
): AuditedRequest {
  const client = headers["apollographql-client-name"];
  return {
    requestId: id,
    caller,
    client: typeof client === "string" ? client.slice(0, 100) : undefined,
  };
}

function deadlineExceededError(deadline: number) {
  return new GraphQLError(
    `The operation did not finish within ${deadline / 1000} s. Ask for less at once, or try again later.`,
    { extensions: { code: "DEADLINE_EXCEEDED" } },
  );
}
