import { GraphQLError } from "graphql";
import type { ResolvedOperation } from "../../graph/index.ts";
import type { ServerContext } from "../observe/server-context.ts";
import type { Graph } from "../scope/graph.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";

/** A step: shows an operation about the past what was known then. Secrets of the past are remembered for nobody. */
export async function goBack(
  asked: ResolvedOperation<ServerContext>,
  { analyzer, graph }: { readonly analyzer: OperationAnalyzer; readonly graph: Pick<Graph, "goBack"> },
): Promise<void> {
  const { contextValue, document, operation } = asked;
  if (contextValue.asOf === undefined) return;
  const secrets = analyzer.analyze(document, operation).requiredScopes.get("SECRETS");
  if (secrets)
    throw new GraphQLError(
      `What ${[...secrets].slice(0, 10).join(", ")} were is not remembered. Leave these out, or ask without @asOf.`,
      { extensions: { code: "NOT_KNOWN_THEN" } },
    );
  if (!contextValue.table?.checksOnly) await graph.goBack?.(asked);
}
