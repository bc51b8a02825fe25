import type { IncomingMessage } from "node:http";
import type { AnsweredOperation } from "../../graph/index.ts";
import type { Leadership } from "../../share/index.ts";
import type { ServerContext } from "../observe/server-context.ts";
import type { Graph } from "../scope/graph.ts";

/** Ends what answers a request that was interrupted. */
export class LeadershipLostError extends Error {}

/**
 * The requests that this process began to answer as the leader and could not, since it no longer leads: queries, and
 * mutations of which nothing was sent. The next leader answers them.
 */
export class InterruptedRequests {
  readonly #requests = new WeakMap<IncomingMessage, "query" | "mutation">();

  note(request: IncomingMessage, isMutation: boolean): void {
    this.#requests.set(request, isMutation ? "mutation" : "query");
  }

  /** Throws `LeadershipLostError` if a request is among them. */
  check(request: IncomingMessage): void {
    if (this.#requests.has(request)) throw new LeadershipLostError();
  }

  /** What a request is, if it is among them; then it is so no longer. */
  take(request: IncomingMessage): "query" | "mutation" | undefined {
    const kind = this.#requests.get(request);
    this.#requests.delete(request);
    return kind;
  }
}

/**
 * A step: notes what the loss of leadership has interrupted: queries that have lost what they were reading, and
 * mutations that failed before anything was sent.
 */
export function noteInterrupted(
  { contextValue, operation, response: { body } }: AnsweredOperation<ServerContext>,
  { interrupted, leadership, graph }: InterruptedParts,
): void {
  const { errors = [] } = body.kind === "single" ? body.singleResult : {};
  if (!leadership || errors.length === 0) return;
  const has = (code: string) => errors.some(({ extensions }) => extensions?.code === code);
  const isMutation = operation?.operation === "mutation";
  if (isMutation && graph.hasSent?.(contextValue)) return;
  const { httpRequest, isForwarded, term } = contextValue;
  const isOver = leadership.term() !== term;
  const isInterrupted = (isOver && has("ALMA_UNAVAILABLE")) || (isMutation && has("NO_LEADER"));
  // The process that has forwarded it may still forward it to this one.
  if (isInterrupted && (isOver || isForwarded)) interrupted.note(httpRequest, isMutation);
}

interface InterruptedParts {
  readonly interrupted: InterruptedRequests;
  readonly leadership: Pick<Leadership, "term"> | undefined;
  readonly graph: Pick<Graph, "hasSent">;
}
