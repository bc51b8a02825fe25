import type { ApolloServer, GraphQLRequest, GraphQLResponse } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { WrappedContext } from "./gate/server-context.ts";
import type { ExecuteTable, TableOptions } from "./gate/table-operation.ts";
import type { createOperationContext } from "./operation-context.ts";
import type { LeftOver } from "./peer/left-over.ts";
import type { Graph } from "./scope/graph.ts";

/** Runs an operation in a span of its own, where traces are made. */
export type WithSpan = <R>(request: FastifyRequest, run: () => Promise<R>) => Promise<R>;

/**
 * Creates what executes operations elsewhere than at `/graphql`, as it is done there. Both throw `IsLeftOver` for what
 * is to be answered by another process.
 */
export function createExecutors(
  apollo: Pick<ApolloServer<WrappedContext>, "executeOperation">,
  graph: Pick<Graph, "repeatable">,
  context: ReturnType<typeof createOperationContext>,
  leftOver: LeftOver,
  withSpan: WithSpan,
) {
  const execute = async (
    request: FastifyRequest,
    reply: FastifyReply,
    asked: GraphQLRequest,
    table?: TableOptions,
  ) => {
    const contextValue = await context(request, reply, table);
    const response = await apollo.executeOperation(asked, { contextValue });
    leftOver.check(request.raw);
    return { response, contextValue };
  };
  const executeTable: ExecuteTable = (request, reply, asked, table) =>
    withSpan(request, async () => {
      const { response, contextValue } = await execute(request, reply, asked, table);
      const { graphContext, admittedRequest, admission } = contextValue;
      const repeatable = graph.repeatable?.(graphContext);
      return { response, meter: admittedRequest.meter, admission, repeatable };
    });
  const executeOperation = (
    request: FastifyRequest,
    reply: FastifyReply,
    asked: GraphQLRequest,
  ): Promise<GraphQLResponse> =>
    withSpan(request, async () => (await execute(request, reply, asked)).response);
  return { executeTable, executeOperation };
}
