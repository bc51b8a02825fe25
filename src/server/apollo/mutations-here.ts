import type { ApolloServerPlugin } from "@apollo/server";
import { refusalHeader } from "../peer/exchange.ts";
import type { MutationsHere } from "../peer/mutations-here.ts";
import type { Graph } from "../scope/graph.ts";
import type { ServerContext } from "./server-context.ts";

/**
 * Notes which requests are mutations, and when they end. A mutation that was handed on, and that failed because this
 * process leads no longer before anything was sent, is refused, so that the next leader is asked.
 */
export function mutationsHerePlugin(
  mutations: MutationsHere,
  graph: Pick<Graph, "hasSent">,
): ApolloServerPlugin<ServerContext> {
  return {
    async requestDidStart({ contextValue: { httpRequest, isHandedOn } }) {
      return {
        async didResolveOperation({ operation }) {
          if (operation?.operation !== "mutation") mutations.release(httpRequest);
        },
        async executionDidStart({ operation }) {
          if (operation?.operation !== "mutation") return;
          const end = mutations.begin(httpRequest);
          return { executionDidEnd: async () => end() };
        },
        async willSendResponse({ contextValue, operation, response: { body, http } }) {
          if (!isHandedOn || operation?.operation !== "mutation" || graph.hasSent?.(contextValue)) return;
          const { errors = [] } = body.kind === "single" ? body.singleResult : {};
          if (errors.some(({ extensions }) => extensions?.code === "NO_LEADER"))
            http.headers.set(refusalHeader, "unbegun");
        },
      };
    },
  };
}
