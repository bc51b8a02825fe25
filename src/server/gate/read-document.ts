import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  parse,
  specifiedRules,
  validate,
} from "graphql";
import type { Config } from "../../config/index.ts";
import { documentSizeRule } from "./document-size-rule.ts";

/**
 * Parses and validates a document that comes from no caller, within the limits of all. Throws its first GraphQLError.
 */
export function readDocument(
  text: string,
  schema: GraphQLSchema,
  config: Pick<Config, "maxAliases" | "maxTokens">,
): DocumentNode {
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens: config.maxTokens });
  } catch (error) {
    if (error instanceof RangeError)
      throw new GraphQLError("It is nested too deeply.", { extensions: { limit: "MAX_DEPTH" } });
    throw error;
  }
  const [error] = validate(schema, document, [documentSizeRule(config), ...specifiedRules], { maxErrors: 1 });
  if (error) throw error;
  return document;
}
