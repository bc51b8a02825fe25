import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from "graphql";
import { analyzeOperation, type OperationAnalysis } from "./operation-analysis.ts";
import { readSchemaScopes, type SchemaScopes } from "./schema-scopes.ts";

/** Surveys operations of one schema; each document's once, as long as Apollo keeps it. */
export interface OperationAnalyzer {
  readonly schemaScopes: SchemaScopes;
  analyze(document: DocumentNode, operation: OperationDefinitionNode): OperationAnalysis;
}

export function createOperationAnalyzer(schema: GraphQLSchema): OperationAnalyzer {
  const schemaScopes = readSchemaScopes(schema);
  const analyses = new WeakMap<OperationDefinitionNode, OperationAnalysis>();
  return {
    schemaScopes,
    analyze(document, operation) {
      let analysis = analyses.get(operation);
      if (!analysis) {
        analysis = analyzeOperation(schema, schemaScopes, document, operation);
        analyses.set(operation, analysis);
      }
      return analysis;
    },
  };
}
