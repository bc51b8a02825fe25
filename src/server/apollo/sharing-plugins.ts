import type { ApolloServerPlugin } from "@apollo/server";
import type { ServerContext } from "../operation/server-context.ts";
import type { LeftOver } from "../peer/left-over.ts";
import type { MutationsHere } from "../peer/mutations-here.ts";
import type { Graph } from "../scope/graph.ts";
import type { Leadership } from "../share/leadership.ts";

/** What one of several processes notes of the operations that it executes. */
export const sharingPlugins = (
  { mutations, leftOver }: { readonly mutations: MutationsHere; readonly leftOver: LeftOver },
  leadership: Leadership,
  graph: Pick<Graph, "hasSent">,
): readonly ApolloServerPlugin<ServerContext>[] => [
  mutationsHerePlugin(mutations),
  leftOverPlugin(leftOver, leadership, graph),
];

/** Notes which requests are mutations, and when they end. */
function mutationsHerePlugin(mutations: MutationsHere): ApolloServerPlugin<ServerContext> {
  return {
    async requestDidStart({ contextValue: { httpRequest } }) {
      return {
        async didResolveOperation({ operation }) {
          if (operation?.operation !== "mutation") mutations.release(httpRequest);
        },
        async executionDidStart({ operation }) {
          if (operation?.operation !== "mutation") return;
          const end = mutations.begin(httpRequest);
          return { executionDidEnd: async () => end() };
        },
      };
    },
  };
}

/**
 * Notes what this process cannot answer since it leads no longer: queries that have lost what they were reading, and
 * mutations that failed before anything was sent.
 */
function leftOverPlugin(
  leftOver: LeftOver,
  leadership: Pick<Leadership, "term">,
  graph: Pick<Graph, "hasSent">,
): ApolloServerPlugin<ServerContext> {
  return {
    async requestDidStart({ contextValue: { httpRequest, isHandedOn } }) {
      const term = leadership.term();
      return {
        async willSendResponse({ contextValue, operation, response: { body } }) {
          const { errors = [] } = body.kind === "single" ? body.singleResult : {};
          if (errors.length === 0) return;
          const has = (code: string) => errors.some(({ extensions }) => extensions?.code === code);
          const isMutation = operation?.operation === "mutation";
          if (isMutation && graph.hasSent?.(contextValue)) return;
          const isOver = leadership.term() !== term;
          const isLeft = (isOver && has("ALMA_UNAVAILABLE")) || (isMutation && has("NO_LEADER"));
          // The process that has handed it on may still hand it on to this one.
          if (isLeft && (isOver || isHandedOn)) leftOver.note(httpRequest, isMutation);
        },
      };
    },
  };
}
