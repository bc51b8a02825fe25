import type { FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { CacheInfo } from "../../graph/index.ts";
import { type Encoding, encode } from "../http/compression.ts";
import { hasPreflightHeader } from "../http/cross-origin.ts";
import { etagOf } from "../http/private-cache.ts";
import type { Metrics } from "../observe/metrics.ts";
import { scopesText } from "../scope/scope.ts";

/** Requests longer than this, in characters, are not cached. */
const MAX_KEY_LENGTH = 32_768;

/**
 * Returns a cache key for a request and its caller's scopes: requests with equal keys get the same answer while no
 * record changes. Undefined for requests that only Apollo Server can answer or refuse.
 */
export function cacheKeyOf(request: FastifyRequest): string | undefined {
  const { method, document, caller, bodyText } = request;
  const text = method === "POST" ? bodyText : method === "GET" ? requestInUrl(request) : null;
  if (text === null || text.length > MAX_KEY_LENGTH || !caller) return undefined;
  // Includes the document, because a documentId may name another document after the manifest changes.
  return `${method}\n${scopesText(caller.scopes)}\n${document ?? ""}\n${text}`;
}

function requestInUrl({ url, headers }: FastifyRequest) {
  const start = url.indexOf("?");
  return start > 0 && hasPreflightHeader(headers) ? url.slice(start) : null;
}

/** Details of an answer besides its bytes. */
interface ResponseDetails {
  readonly cacheInfo: CacheInfo;
  /** The operation's name in the document. */
  readonly name: string | undefined;
  /** The hash of the document. */
  readonly hash: string | undefined;
  /** The `maxAge` of `@freshness` in milliseconds; 0 without it. */
  readonly maxAge: number;
  /** When its oldest data was read, as a date. */
  readonly oldest: string | null;
  /** The lists truncated by the default page size. */
  readonly cutByDefault: readonly string[] | undefined;
}

/**
 * Creates a cached answer with its own `extensions`, and each encoding on first use. `head`: the printed response up to
 * its `extensions`.
 */
export function createCachedResponse(head: string | Buffer, details: ResponseDetails) {
  const data = typeof head === "string" ? Buffer.from(head) : head;
  const { oldest, cutByDefault, cacheInfo } = details;
  const alma = { calls: 0, reused: cacheInfo.reused, oldest, kept: true, cutByDefault };
  const bytes = Buffer.concat([data, Buffer.from(`,"extensions":${JSON.stringify({ alma })}}`)]);
  const dataLength = data.length;
  const encodings = new Map<Encoding, Promise<Buffer>>();
  let etag: string | undefined;
  let size = bytes.length;
  return {
    details,
    /** The response in UTF-8. */
    bytes,

    /** Its memory in bytes, including all encodings created so far. */
    get size() {
      return size;
    },

    get etag(): string {
      etag ??= etagOf(bytes.subarray(0, dataLength));
      return etag;
    },

    /** Returns the compressed response. Concurrent requests share the work. */
    encoded(encoding: Encoding): Promise<Buffer> {
      const known = encodings.get(encoding);
      if (known) return known;
      const made = Promise.resolve(encode(encoding, bytes)).then((compressed) => {
        size += compressed.length;
        return compressed;
      });
      encodings.set(encoding, made);
      return made;
    },
  };
}

export type CachedResponse = ReturnType<typeof createCachedResponse>;

/** The estimated size, in bytes, of the objects for an answer and its key. */
const OVERHEAD = 8_192;
/** The largest share of the memory for one answer, so that a few reports do not replace everything else. */
const LARGEST_SHARE = 1 / 4;

/**
 * Creates the cache of responses that are reused while no data they depend on changes. Metrics and extensions
 * call them kept. `maxBytes`: the total size; 0 disables the cache.
 */
export function createResponseCache(maxBytes: number, metrics: Metrics) {
  const answers =
    maxBytes === 0
      ? undefined
      : new LRUCache<string, CachedResponse>({
          maxSize: maxBytes,
          maxEntrySize: Math.ceil(maxBytes * LARGEST_SHARE),
          sizeCalculation: (answer, key) => answer.size + key.length + OVERHEAD,
          dispose: (_answer, _key, reason) => {
            if (reason === "evict") metrics.recordCacheLookup("evicted");
          },
        });
  return {
    /** Whether the cache is enabled. */
    isOn: answers !== undefined,

    /** The bytes of all cached answers. */
    get bytes() {
      return answers?.calculatedSize ?? 0;
    },

    /** Returns the current answer to a request, if there is one. */
    find(key: string): CachedResponse | undefined {
      const answer = answers?.get(key);
      const validity = answer?.details.cacheInfo.validity();
      if (validity === "outdated") answers?.delete(key);
      metrics.recordCacheLookup(validity === "current" ? "served" : (validity ?? "missed"));
      return validity === "current" ? answer : undefined;
    },

    /** Caches an answer. Call it again when a new encoding has increased its size. */
    set(key: string, answer: CachedResponse) {
      answers?.set(key, answer);
    },
  };
}

export type ResponseCache = ReturnType<typeof createResponseCache>;
