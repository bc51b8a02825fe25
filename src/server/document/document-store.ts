import type { ApolloServerOptions } from "@apollo/server";
import { type DocumentNode, TokenKind } from "graphql";
import { LRUCache } from "lru-cache";

/** Bytes: about 300 documents of usual size. */
const defaultMaxBytes = 64 * 2 ** 20;
/** Bytes of a token, and of its share of the AST; a comment takes fewer. */
const bytesPerToken = 500;
/** Bytes of a field in the plan of the execution: it is kept with the document, and has no more fields than tokens. */
const bytesPerPlannedField = 900;

/**
 * An LRU cache of parsed and validated documents, bounded by their memory. Apollo's own store measures the AST as JSON,
 * without text and comments: it would hold gigabytes of documents that are mostly comments.
 */
export function createDocumentStore(
  maxSize: number = defaultMaxBytes,
): NonNullable<ApolloServerOptions<object>["documentStore"]> {
  const documents = new LRUCache<string, DocumentNode>({ maxSize, sizeCalculation: sizeOf });
  return {
    get: async (key) => documents.get(key),
    set: async (key, document) => void documents.set(key, document),
    delete: async (key) => documents.delete(key),
  };
}

function sizeOf({ loc }: DocumentNode): number {
  let size = 1;
  if (loc) size += loc.source.body.length;
  // The chain of tokens includes comments.
  for (let token = loc?.startToken ?? null; token; token = token.next)
    size += token.kind === TokenKind.COMMENT ? bytesPerToken : bytesPerToken + bytesPerPlannedField;
  return size;
}
