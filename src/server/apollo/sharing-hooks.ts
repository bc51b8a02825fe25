import type { OperationHooks } from "../../graph/index.ts";
import type { Leadership } from "../../share/index.ts";
import type { ServerContext } from "../gate/server-context.ts";
import type { LeftOver } from "../peer/left-over.ts";
import type { MutationsHere } from "../peer/mutations-here.ts";
import type { Graph } from "../scope/graph.ts";

/** What one of several processes notes of the operations that it executes. */
export const sharingHooks = (
  { mutations, leftOver }: { readonly mutations: MutationsHere; readonly leftOver: LeftOver },
  leadership: Leadership,
  graph: Pick<Graph, "hasSent">,
): readonly OperationHooks<ServerContext>[] => [
  mutationsHereHooks(mutations),
  leftOverHooks(leftOver, leadership, graph),
];

/** Notes which requests are mutations, and when they end. */
function mutationsHereHooks(mutations: MutationsHere): OperationHooks<ServerContext> {
  return {
    didResolveOperation({ operation, contextValue }) {
      if (operation?.operation !== "mutation") mutations.release(contextValue.httpRequest);
    },
    executionDidStart: ({ operation, contextValue }) =>
      operation?.operation === "mutation" ? mutations.begin(contextValue.httpRequest) : undefined,
  };
}

/**
 * Notes what this process cannot answer since it leads no longer: queries that have lost what they were reading, and
 * mutations that failed before anything was sent.
 */
function leftOverHooks(
  leftOver: LeftOver,
  leadership: Pick<Leadership, "term">,
  graph: Pick<Graph, "hasSent">,
): OperationHooks<ServerContext> {
  return {
    willSendResponse({ contextValue, operation, response: { body } }) {
      const { errors = [] } = body.kind === "single" ? body.singleResult : {};
      if (errors.length === 0) return;
      const has = (code: string) => errors.some(({ extensions }) => extensions?.code === code);
      const isMutation = operation?.operation === "mutation";
      if (isMutation && graph.hasSent?.(contextValue)) return;
      const { httpRequest, isHandedOn, term } = contextValue;
      const isOver = leadership.term() !== term;
      const isLeft = (isOver && has("ALMA_UNAVAILABLE")) || (isMutation && has("NO_LEADER"));
      // The process that has handed it on may still hand it on to this one.
      if (isLeft && (isOver || isHandedOn)) leftOver.note(httpRequest, isMutation);
    },
  };
}
