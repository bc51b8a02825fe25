import type { FastifyReply, FastifyRequest } from "fastify";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import type { Log } from "../../config/index.ts";
import type { AnsweredOperation } from "../../graph/index.ts";
import { auditedRequest } from "./admitted-request.ts";
import type { AuditedRequest } from "./audit-log.ts";
import type { Metrics, OperationMetrics } from "./metrics.ts";
import type { ServerContext } from "./server-context.ts";

/** The log and the metrics that record a finished operation. */
export interface Observers {
  readonly log: Log;
  readonly metrics: Metrics;
}

/** An operation whose response is ready. */
interface EndedOperation extends Omit<OperationMetrics, "ms"> {
  readonly request: AuditedRequest;
  /** The hash of its document. */
  readonly hash?: string;
  /** The start time by `performance.now()`. */
  readonly startedAt: number;
  /** Whether it was answered from the response cache. */
  readonly isCached?: boolean;
  /** `ok`; the first error's code, prefixed by `partial:` if there is data as well; or `CALLER_LEFT`. */
  readonly outcome: string;
  /** The number of records read before the operation began. */
  readonly reused?: number;
  /** When the oldest data was read, as a date. */
  readonly oldest?: string | null;
}

/** Logs and counts an operation. Values of variables and fields are never logged. */
function logOperation({ log, metrics }: Observers, ended: EndedOperation) {
  const { request, name, kind, hash, outcome, codes, calls, reused, oldest, startedAt, isCached } = ended;
  const ms = performance.now() - startedAt;
  metrics.recordOperation({ name, kind, outcome: outcome.replace(/:.*/, ""), codes, ms, calls });
  if (!log.isLevelEnabled("info")) return;
  const { requestId, caller, client, followers } = request;
  log.info(
    {
      requestId,
      operation: name,
      kind,
      hash: hash?.slice(0, 16),
      ms: Math.round(ms * 10) / 10,
      calls,
      reused,
      age: oldest ? Math.round((Date.now() - Date.parse(oldest)) / 100) / 10 : undefined,
      kept: isCached,
      outcome,
      ...(followers
        ? { followers: namesOf(followers) }
        : { caller: caller.id, name: caller.name, link: caller.link, client }),
    },
    "operation",
  );
}

/** Returns the followers of an answer, each once, with their number of streams. */
function namesOf(followers: readonly AuditedRequest[]) {
  const named = new Map<string, { caller: string; name: string; streams: number }>();
  for (const { caller } of followers) {
    const one = named.get(caller.id) ?? { caller: caller.id, name: caller.name, streams: 0 };
    named.set(caller.id, one);
    one.streams += 1;
  }
  return [...named.values()];
}

/** A query answered from the response cache. */
export type CachedOperation = Pick<EndedOperation, "name" | "startedAt" | "hash" | "reused" | "oldest">;

/** Logs and counts a query answered from the response cache like every other operation. */
export function logCached(
  observers: Observers,
  request: FastifyRequest,
  { name, startedAt, hash, reused, oldest }: CachedOperation,
): void {
  if (!request.caller) return;
  logOperation(observers, {
    request: auditedRequest(request, request.caller),
    name,
    kind: "query",
    hash,
    startedAt,
    isCached: true,
    outcome: "ok",
    codes: [],
    calls: 0,
    reused,
    oldest,
  });
}

/** Step: when the response is ready, logs and counts the operation, and logs each record whose secrets it read. */
export function logAnswered(
  { contextValue, operationName, operation, queryHash, response: { body } }: AnsweredOperation<ServerContext>,
  observers: Observers,
): void {
  const request = contextValue.admittedRequest;
  const { signal, startedAt, audit, secretsRead } = request;
  const { data, errors = [], extensions } = body.singleResult;
  const { calls = 0, reused, oldest } = (extensions?.alma ?? {}) as Partial<EndedOperation>;
  // The deadline aborts with a GraphQLError, which is among the response's errors.
  const isCallerGone = signal.aborted && !(signal.reason instanceof GraphQLError);
  const codes = isCallerGone ? [] : errors.map(codeOf);
  const [first] = codes;
  const errorOutcome = first !== undefined && (data ? `partial:${first}` : first);
  for (const [record, fields] of secretsRead) audit.recordSecretRead(request, record, [...fields]);
  logOperation(observers, {
    request,
    name: operationName ?? undefined,
    kind: operation?.operation,
    hash: queryHash,
    startedAt,
    outcome: isCallerGone ? "CALLER_LEFT" : errorOutcome || "ok",
    codes,
    calls,
    reused,
    oldest,
  });
}

function codeOf({ extensions }: GraphQLFormattedError) {
  return typeof extensions?.code === "string" ? extensions.code : "INTERNAL_SERVER_ERROR";
}

/**
 * Logs one line for a request that was rejected before admission: without a valid key, over its rate limit, too large,
 * with a refused document, or because the gateway is at capacity. Unknown paths are counted, not logged. Admitted
 * operations have their own log line, and forwarded requests are logged by the process that answers.
 */
export function logRejectedRequest(request: FastifyRequest, reply: FastifyReply, log: Log): void {
  const route = request.routeOptions.url;
  if (reply.statusCode < 400 || route === undefined || request.isAdmitted || request.isForwarded) return;
  const { id: requestId, method, caller } = request;
  const ms = Math.round(reply.elapsedTime * 10) / 10;
  const { id, name, link } = caller ?? {};
  log.info(
    { requestId, method, route, status: reply.statusCode, ms, caller: id, name, link },
    "request rejected",
  );
}
