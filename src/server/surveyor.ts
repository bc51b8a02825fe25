import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from "graphql";
import { type Annotations, readAnnotations } from "./annotation.ts";
import { type Survey, survey } from "./survey.ts";

/** Surveys operations of one schema; each document's once, as long as Apollo keeps it. */
export interface Surveyor {
  readonly annotations: Annotations;
  survey(document: DocumentNode, operation: OperationDefinitionNode): Survey;
}

export function createSurveyor(schema: GraphQLSchema): Surveyor {
  const annotations = readAnnotations(schema);
  const known = new WeakMap<OperationDefinitionNode, Survey>();
  return {
    annotations,
    survey(document, operation) {
      let found = known.get(operation);
      if (!found) {
        found = survey(schema, annotations, document, operation);
        known.set(operation, found);
      }
      return found;
    },
  };
}
