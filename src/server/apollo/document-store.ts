import type { ApolloServerOptions } from "@apollo/server";
import type { DocumentNode } from "graphql";
import { LRUCache } from "lru-cache";

/** Bytes of what is remembered: some 800 documents of a usual size. */
const defaultMaxBytes = 64 * 2 ** 20;
/** Bytes that a word or sign takes, its node of the tree included; a comment takes fewer. */
const bytesPerToken = 500;

/**
 * The documents that Apollo Server has parsed and validated, the last ones asked for, within a bound of memory.
 * Apollo's own store bounds the length of their trees as JSON, which leaves out their texts and comments: of documents
 * that are all comment it would keep gigabytes.
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
  // Comments are in this chain too.
  for (let token = loc?.startToken ?? null; token; token = token.next) size += bytesPerToken;
  return size;
}
