import { hash, randomUUID } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { coerceVariables } from "../../graph/index.ts";
import {
  type AuditedRequest,
  auditedRequest,
  type Caller,
  gatewayAddress,
  type InternalRequest,
  type RouteParts,
  scopesText,
} from "../../server/index.ts";
import type { StreamedQuery } from "./streamed-document.ts";

/**
 * Returns the execution that a request follows. Streams with an equal `key` share one: those with the same scopes,
 * query, variables and `how`, unless the answer depends on its caller. An operation that is answered once has no
 * `query`, and shares none.
 */
export function executionOf(
  { graph, analyzer }: RouteParts,
  request: FastifyRequest,
  query: StreamedQuery | undefined,
  how: readonly string[],
) {
  // Safe: the hooks require a caller.
  const follower = auditedRequest(request, request.caller as Caller);
  const address = gatewayAddress.ofRequest(request);
  const coerced = query && coerceVariables(graph.schema, query.operation, query.variables);
  if (!coerced || analyzer.analyze(query.document, query.operation).isPerCaller)
    return { follower, address, key: randomUUID(), requestFor: () => ownRequest(request) };
  const { scopes } = follower.caller;
  const identity = JSON.stringify([scopesText(scopes), ...how, query.text, coerced]);
  // Contains nothing of any follower's request.
  const requestFor = (followers: readonly AuditedRequest[], payer: string): InternalRequest => ({
    id: randomUUID(),
    caller: { id: payer, name: "", scopes, expires: null },
    followers,
    at,
  });
  return { follower, address, key: hash("sha256", identity, "base64"), requestFor };
}

/** Returns the parts of a request that its own answers need, which may outlast it. */
const ownRequest = ({ id, headers, caller, protocol, host }: FastifyRequest): InternalRequest => ({
  id,
  headers,
  caller,
  protocol,
  host,
  at,
});

/** For the log. */
const at = "a stream";
