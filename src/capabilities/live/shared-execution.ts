import { hash, randomUUID } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { coerceVariables } from "../../graph/index.ts";
import {
  type AuditedRequest,
  auditedRequest,
  type Caller,
  gatewayAddress,
  type InternalRequest,
  type ServerParts,
  scopesText,
} from "../../server/index.ts";
import type { StreamedQuery } from "./streamed-document.ts";

/**
 * Returns the execution that a request follows. Streams with an equal `key` share one: those with the same scopes,
 * query, variables and `how`, unless the answer depends on its caller.
 */
export function sharedExecution(
  { graph, analyzer }: ServerParts,
  request: FastifyRequest,
  { text, document, operation, variables }: StreamedQuery,
  how: readonly string[],
) {
  const execution = ownExecution(request);
  const coerced = coerceVariables(graph.schema, operation, variables);
  const isOwn = !coerced || analyzer.analyze(document, operation).isPerCaller;
  if (isOwn) return { ...execution, requestFor: () => ownRequest(request) };
  const { scopes } = execution.follower.caller;
  const identity = JSON.stringify([scopesText(scopes), ...how, text, coerced]);
  // Contains nothing of any follower's request.
  const requestFor = (followers: readonly AuditedRequest[], payer: string): InternalRequest => ({
    id: randomUUID(),
    caller: { id: payer, name: "", scopes, expires: null },
    followers,
    at,
  });
  return { ...execution, key: hash("sha256", identity, "base64"), requestFor };
}

/** Returns an execution that no other stream shares. */
export function ownExecution(request: FastifyRequest) {
  // Safe: the hooks require a caller.
  const follower = auditedRequest(request, request.caller as Caller);
  return { follower, address: gatewayAddress.ofRequest(request), key: randomUUID() };
}

/** Returns the parts of a request that its own answers need, which may outlast it. */
export const ownRequest = ({ id, headers, caller, protocol, host }: FastifyRequest): InternalRequest => ({
  id,
  headers,
  caller,
  protocol,
  host,
  at,
});

/** For the log. */
const at = "a stream";
