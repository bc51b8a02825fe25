import type { GraphQLSchema } from "graphql";
import type { OperationHooks } from "../../graph/index.ts";
import { readFreshness } from "../../graph/index.ts";
import type { ServerContext } from "../gate/server-context.ts";
import { KeptAnswer } from "../kept/kept-answer.ts";
import type { KeptAnswers } from "../kept/kept-answers.ts";
import type { Graph } from "../scope/graph.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";
import { responseTextOf } from "./response-text.ts";

/** The `extensions.alma` of answers that are kept. An answer that says more is about the moment when it was made. */
interface KeptExtensions {
  readonly calls: number;
  readonly reused: number;
  readonly oldest: string | null;
  readonly cutByDefault?: readonly string[];
}
export const keptExtensions: ReadonlySet<string> = new Set<keyof KeptExtensions>([
  "calls",
  "reused",
  "oldest",
  "cutByDefault",
]);

/**
 * Keeps the answers of queries that lack nothing and show no secrets, so that the same request gets the same bytes
 * again. These hooks belong after those that print the response.
 */
export function keepAnswersHooks(
  answers: KeptAnswers,
  schema: GraphQLSchema,
  analyzer: OperationAnalyzer,
  graph: Pick<Graph, "repeatable">,
): OperationHooks<ServerContext> {
  return {
    willSendResponse({ contextValue, document, operation, queryHash, operationName, request, response }) {
      const { answerKey } = contextValue;
      if (answerKey === null || !document || operation?.operation !== "query") return;
      const result = response.body.kind === "single" ? response.body.singleResult : undefined;
      const status = response.http.status ?? 200;
      if (!result?.data || result.errors || status !== 200) return;
      const { alma, ...others } = (result.extensions ?? {}) as { readonly alma?: KeptExtensions };
      const names = [...Object.keys(alma ?? {}), ...Object.keys(others)];
      if (!alma || names.some((name) => !keptExtensions.has(name))) return;
      if (analyzer.analyze(document, operation).requiredScopes.has("SECRETS")) return;
      const repeatable = graph.repeatable?.(contextValue);
      if (repeatable?.standing() !== "current") return;
      const { maxAge = 0 } = readFreshness(schema, operation, request.variables) ?? {};
      const { oldest, cutByDefault } = alma;
      const name = operationName ?? undefined;
      const details = { repeatable, name, hash: queryHash, maxAge, oldest, cutByDefault };
      const answer = KeptAnswer.of(responseTextOf(result), details);
      if (answer) answers.keep(answerKey, answer);
    },
  };
}
