import type { IncomingMessage } from "node:http";
import type { AnsweredOperation, Graph } from "../../graph/index.ts";
import type { Leadership } from "../../share/index.ts";
import type { ServerContext } from "../observe/server-context.ts";

/** Thrown instead of answering an interrupted request. */
export class LeadershipLostError extends Error {}

/**
 * The requests that this process began as the leader and could not finish because it lost leadership: queries, and
 * mutations that sent nothing to Alma. The next leader answers them.
 */
export type InterruptedRequests = WeakMap<IncomingMessage, "query" | "mutation">;

/**
 * Step: marks operations interrupted by the loss of leadership: queries whose reads failed, and mutations that failed
 * before anything was sent.
 */
export function noteInterrupted(
  { contextValue, operation, response: { body } }: AnsweredOperation<ServerContext>,
  { interrupted, leadership, graph }: InterruptedParts,
): void {
  const { errors = [] } = body.singleResult;
  if (!leadership || errors.length === 0) return;
  const has = (code: string) => errors.some(({ extensions }) => extensions?.code === code);
  const isMutation = operation?.operation === "mutation";
  if (isMutation && graph.hasSent(contextValue)) return;
  const { httpRequest, isForwarded, term } = contextValue;
  const isOver = leadership.term() !== term;
  const isInterrupted = (isOver && has("ALMA_UNAVAILABLE")) || (isMutation && has("NO_LEADER"));
  // The forwarding process may still send it to this one again.
  if (isInterrupted && (isOver || isForwarded))
    interrupted.set(httpRequest, isMutation ? "mutation" : "query");
}

interface InterruptedParts {
  readonly interrupted: InterruptedRequests;
  readonly leadership: Leadership | undefined;
  readonly graph: Graph;
}
