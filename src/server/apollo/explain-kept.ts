import type { GraphQLSchema } from "graphql";
import type { OperationHooks } from "../../graph/index.ts";
import { readFreshness } from "../../graph/index.ts";
import type { ServerContext } from "../gate/server-context.ts";
import type { KeptAnswers } from "../kept/kept-answers.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";

/**
 * Adds `kept` to `extensions.explain`: whether the query's answer, once it is made, is kept and sent again while
 * nothing in it has changed. These hooks belong before those that print the response.
 */
export function explainKeptHooks(
  answers: KeptAnswers,
  schema: GraphQLSchema,
  analyzer: OperationAnalyzer,
): OperationHooks<ServerContext> {
  return {
    willSendResponse({ contextValue, document, operation, request, response }) {
      if (response.body.kind !== "single" || !document || !operation) return;
      const { extensions, errors } = response.body.singleResult;
      if (!extensions?.explain) return;
      const asksForNow = readFreshness(schema, operation, request.variables)?.maxAge === 0;
      const kept =
        answers.isOn &&
        contextValue.answerKey !== null &&
        !errors?.length &&
        !asksForNow &&
        !analyzer.analyze(document, operation).requiredScopes.has("SECRETS");
      extensions.explain = { ...extensions.explain, kept };
    },
  };
}
