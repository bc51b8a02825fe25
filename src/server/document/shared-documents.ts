import { createHash } from "node:crypto";
import type { ApolloServerOptions } from "@apollo/server";
import { LRUCache } from "lru-cache";
import type { SharedStore } from "../../share/index.ts";

/** Where Apollo Server keeps the documents of APQ. */
type DocumentCache = Exclude<ApolloServerOptions<object>["cache"], "bounded" | undefined>;

/** Bytes of documents that this process remembers. */
const maxSize = 16 * 2 ** 20;
/** Characters; each process remembers longer documents alone. */
const maxSharedLength = 16_384;
/** The engine has no room for as many documents as callers like: a new one replaces that in the same slot. */
const slots = 1_024;
/** Seconds. */
const ttl = 86_400;

/**
 * Remembers the documents that clients register by their hashes (APQ) for all processes together, so that a client need
 * not register them again when another process leads. What the engine cannot tell counts as unknown.
 */
export function createSharedDocuments(store: SharedStore): DocumentCache {
  const own = new LRUCache<string, string>({ maxSize, sizeCalculation: ({ length }) => 2 * length + 200 });
  // A key is `apq:` and a hash, which clients choose: it may be no number.
  const slotOf = (key: string) => `document ${Number.parseInt(key.slice(-8), 16) % slots}`;
  const isText = (text: string, key: string) => key.endsWith(createHash("sha256").update(text).digest("hex"));
  return {
    async get(key) {
      const known = own.get(key);
      if (known !== undefined) return known;
      const text = await store.get(slotOf(key)).catch(() => undefined);
      if (text === undefined || !isText(text, key)) return undefined;
      own.set(key, text);
      return text;
    },
    async set(key, text) {
      own.set(key, text);
      if (text.length <= maxSharedLength) await store.set(slotOf(key), text, ttl).catch(() => {});
    },
    async delete(key) {
      own.delete(key);
    },
  };
}
