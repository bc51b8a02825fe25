import { hash } from "node:crypto";
import type { ApolloServerOptions } from "@apollo/server";
import { type DocumentNode, TokenKind } from "graphql";
import { LRUCache } from "lru-cache";

/** In bytes; holds about 300 documents of usual size. */
const DEFAULT_MAX_BYTES = 64 * 2 ** 20;
/** The bytes per token, including its share of the AST. Comments take fewer. */
const BYTES_PER_TOKEN = 500;
/** The bytes per field of the execution plan, which is stored with the document and has at most one field per token. */
const BYTES_PER_PLANNED_FIELD = 900;

/** A parsed and validated document, with the SHA-256 of its text in hexadecimal. */
export interface KnownDocument {
  readonly document: DocumentNode;
  readonly hash: string;
}

/**
 * An LRU cache of parsed and validated documents, limited by memory. Apollo Server's own store measures only the AST as
 * JSON, without text and comments, so documents made of comments could fill gigabytes.
 */
export class DocumentStore implements NonNullable<ApolloServerOptions<object>["documentStore"]> {
  readonly #documents: LRUCache<string, DocumentNode>;
  /** Documents by text; `key` is Apollo Server's. */
  readonly #known = new Map<string, KnownDocument & { readonly key: string }>();

  constructor(maxSize: number = DEFAULT_MAX_BYTES) {
    this.#documents = new LRUCache<string, DocumentNode>({
      maxSize,
      sizeCalculation: sizeOf,
      dispose: (document) => this.#known.delete(textOf(document)),
    });
  }

  /** Returns the stored document of a text, if any. */
  find(text: string): KnownDocument | undefined {
    const known = this.#known.get(text);
    // Marks it as recently used.
    if (known) this.#documents.get(known.key);
    return known;
  }

  async get(key: string): Promise<DocumentNode | undefined> {
    return this.#documents.get(key);
  }

  async set(key: string, document: DocumentNode): Promise<void> {
    const text = textOf(document);
    this.#documents.set(key, document);
    if (!this.#documents.has(key)) return;
    this.#known.set(text, { key, document, hash: hash("sha256", text, "hex") });
  }

  async delete(key: string): Promise<boolean> {
    return this.#documents.delete(key);
  }
}

const textOf = ({ loc }: DocumentNode) => loc?.source.body ?? "";

function sizeOf({ loc }: DocumentNode) {
  let size = 1;
  if (loc) size += loc.source.body.length;
  // The chain of tokens includes comments.
  for (let token = loc?.startToken ?? null; token; token = token.next)
    size += token.kind === TokenKind.COMMENT ? BYTES_PER_TOKEN : BYTES_PER_TOKEN + BYTES_PER_PLANNED_FIELD;
  return size;
}
