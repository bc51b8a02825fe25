import type { OperationHooks } from "../../graph/index.ts";
import type { ServerContext } from "../gate/server-context.ts";
import type { KeptAnswers } from "../kept/kept-answers.ts";
import type { Graph } from "../scope/graph.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";
import { keptExtensions } from "./keep-answer.ts";

/**
 * Adds `kept` to `extensions.explain`: whether the query's answer, once it is made, is kept and sent again while
 * nothing in it has changed. These hooks belong before those that print the response.
 */
export function explainKeptHooks(
  answers: KeptAnswers,
  analyzer: OperationAnalyzer,
  graph: Pick<Graph, "repeatable">,
): OperationHooks<ServerContext> {
  return {
    willSendResponse({ contextValue, document, operation, response }) {
      if (response.body.kind !== "single" || !document || !operation) return;
      const { extensions, errors } = response.body.singleResult;
      if (!extensions?.explain) return;
      const kept =
        answers.isOn &&
        contextValue.answerKey !== null &&
        !errors?.length &&
        graph.repeatable?.(contextValue) !== undefined &&
        Object.keys(extensions.alma ?? {}).every((name) => keptExtensions.has(name)) &&
        !analyzer.analyze(document, operation).requiredScopes.has("SECRETS");
      extensions.explain = { ...extensions.explain, kept };
    },
  };
}
