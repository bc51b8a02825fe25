import type { GraphQLRequestContextExecutionDidStart } from "@apollo/server";
import type { GraphQLSchema } from "graphql";
import { formatError, isUnexpected, type Report } from "./argument/errors.ts";
import { execute } from "./execution/execute.ts";
import type { GraphContext } from "./record/context.ts";

/** Writes that end one after another do not keep a query from its answer for ever. */
const MOST = 8;

/**
 * Answers a query anew as long as a write that touches what its answer shows has ended meanwhile: parts of it may have
 * been read before that, and whoever asks after the write has returned is not to see them. Nearly everything is known
 * by then, so that this costs the calls for what was written.
 */
export async function answerAgain(
  schema: GraphQLSchema,
  report: Report,
  { contextValue, document, request, response }: GraphQLRequestContextExecutionDidStart<GraphContext>,
): Promise<void> {
  for (let round = 0; round < MOST && contextValue.isOverlapped(); round++) {
    contextValue.restart();
    const { data, errors = [] } = await execute({
      schema,
      document,
      contextValue,
      variableValues: request.variables,
      operationName: request.operationName,
    });
    for (const error of errors) if (isUnexpected(error)) report(error.originalError, contextValue.requestId);
    const formatted = errors.map((error) => {
      const extensions = { code: "INTERNAL_SERVER_ERROR", ...error.extensions };
      return formatError({ ...error.toJSON(), extensions }, error);
    });
    const singleResult = {
      ...(data && { data: { ...data } }),
      ...(formatted.length > 0 && { errors: formatted }),
    };
    response.body = { kind: "single", singleResult };
  }
}
