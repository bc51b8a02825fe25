import type { IncomingMessage } from "node:http";
import type { AnsweredOperation } from "../../graph/index.ts";
import type { Leadership } from "../../share/index.ts";
import type { ServerContext } from "../observe/server-context.ts";
import type { Graph } from "../scope/graph.ts";

/** Ends what answers a request that is left over. */
export class IsLeftOver extends Error {}

/**
 * The requests that this process has begun to answer as the leader, and could not, since it leads no longer: queries,
 * and mutations of which nothing was sent. The next leader is asked in its place.
 */
export class LeftOver {
  readonly #requests = new WeakMap<IncomingMessage, "query" | "mutation">();

  note(request: IncomingMessage, isMutation: boolean): void {
    this.#requests.set(request, isMutation ? "mutation" : "query");
  }

  /** Throws `IsLeftOver` if a request is among them. */
  check(request: IncomingMessage): void {
    if (this.#requests.has(request)) throw new IsLeftOver();
  }

  /** What a request is, if it is among them; then it is so no longer. */
  take(request: IncomingMessage): "query" | "mutation" | undefined {
    const kind = this.#requests.get(request);
    this.#requests.delete(request);
    return kind;
  }
}

/**
 * A step: notes what this process cannot answer since it leads no longer: queries that have lost what they were
 * reading, and mutations that failed before anything was sent.
 */
export function noteLeftOver(
  { contextValue, operation, response: { body } }: AnsweredOperation<ServerContext>,
  { leftOver, leadership, graph }: LeftOverParts,
): void {
  const { errors = [] } = body.kind === "single" ? body.singleResult : {};
  if (!leadership || errors.length === 0) return;
  const has = (code: string) => errors.some(({ extensions }) => extensions?.code === code);
  const isMutation = operation?.operation === "mutation";
  if (isMutation && graph.hasSent?.(contextValue)) return;
  const { httpRequest, isHandedOn, term } = contextValue;
  const isOver = leadership.term() !== term;
  const isLeft = (isOver && has("ALMA_UNAVAILABLE")) || (isMutation && has("NO_LEADER"));
  // The process that has handed it on may still hand it on to this one.
  if (isLeft && (isOver || isHandedOn)) leftOver.note(httpRequest, isMutation);
}

interface LeftOverParts {
  readonly leftOver: LeftOver;
  readonly leadership: Pick<Leadership, "term"> | undefined;
  readonly graph: Pick<Graph, "hasSent">;
}
