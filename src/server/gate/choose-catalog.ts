import type { ResolvedOperation } from "../../graph/index.ts";
import type { ServerContext } from "../observe/server-context.ts";
import type { Graph } from "../scope/graph.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";

/** A step: has an operation answered from the catalog that it asks for. */
export async function chooseCatalog(
  asked: ResolvedOperation<ServerContext>,
  { analyzer, graph }: { readonly analyzer: OperationAnalyzer; readonly graph: Pick<Graph, "openCatalog"> },
): Promise<void> {
  const { contextValue, document, operation } = asked;
  if (!contextValue.otherCatalog) return;
  contextValue.otherCatalog.check(analyzer.analyze(document, operation).requiredScopes);
  if (!contextValue.table?.checksOnly) await graph.openCatalog?.(asked);
}
