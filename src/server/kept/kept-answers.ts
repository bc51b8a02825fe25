import type { FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { type Encoding, encode } from "../http/compression.ts";
import { hasPreflightHeader } from "../http/cross-origin.ts";
import { etagOf, withoutExtensions } from "../http/private-cache.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { RepeatableAnswer } from "../scope/graph.ts";

/** Longer requests, in characters, are not compared. */
const maxKeyLength = 32_768;

/**
 * Returns a key for the content of a request and the scopes of its caller: requests with equal keys get the same
 * answer while no record changes. Undefined for requests that only Apollo Server answers or refuses.
 */
export function answerKeyOf(request: FastifyRequest): string | undefined {
  const { method, document, caller, bodyText } = request;
  const asked = method === "POST" ? bodyText : method === "GET" ? requestInUrl(request) : null;
  if (asked === null || asked.length > maxKeyLength || !caller) return undefined;
  // A documentId names another document once the manifest changes.
  return `${method}\n${scopesText(caller.scopes)}\n${document ?? ""}\n${asked}`;
}

/** Names a set of scopes: equal sets have equal texts. */
export const scopesText = (scopes: ReadonlySet<string>): string => [...scopes].sort().join();

function requestInUrl({ url, headers }: FastifyRequest): string | null {
  const start = url.indexOf("?");
  return start > 0 && hasPreflightHeader(headers) ? url.slice(start) : null;
}

/** Facts about an answer besides its bytes. */
interface AnswerDetails {
  readonly repeatable: RepeatableAnswer;
  /** The operation's name in the document. */
  readonly name: string | undefined;
  /** The hash of the document. */
  readonly hash: string | undefined;
  /** The `maxAge` of `@freshness` in milliseconds; 0 without it. */
  readonly maxAge: number;
  /** When its oldest data was read, as a date. */
  readonly oldest: string | null;
  /** The lists cut by the default page size. */
  readonly cutByDefault: readonly string[] | undefined;
}

/**
 * Creates a reusable answer: its bytes, each encoding made on first use. Undefined if the text of the
 * response does not begin with `data` and end with `extensions`.
 */
export function createKeptAnswer(text: string | Buffer, details: AnswerDetails) {
  const said = withoutExtensions(text);
  if (said.length === text.length || text.lastIndexOf('{"data":', 0) !== 0) return undefined;
  const data = typeof said === "string" ? Buffer.from(said) : said;
  const { oldest, cutByDefault, repeatable } = details;
  const alma = { calls: 0, reused: repeatable.reused, oldest, kept: true, cutByDefault };
  const bytes = Buffer.concat([data, Buffer.from(`,"extensions":${JSON.stringify({ alma })}}`)]);
  const dataLength = data.length;
  const encodings = new Map<Encoding, Promise<Buffer>>();
  let etag: string | undefined;
  let size = bytes.length;
  return {
    details,
    /** The response in UTF-8. */
    bytes,

    /** The bytes of memory, including all encodings made. */
    get size() {
      return size;
    },

    get etag(): string {
      etag ??= etagOf(bytes.subarray(0, dataLength));
      return etag;
    },

    /** Returns the compressed response. Concurrent requests share its creation. */
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

export type KeptAnswer = NonNullable<ReturnType<typeof createKeptAnswer>>;

/** The size, in bytes, of the key's objects and of the basis of an answer. */
const overhead = 8_192;
/** The largest share of the memory for one answer, or a few reports would replace everything else. */
const largestShare = 1 / 4;

/**
 * Creates the cache of answers that are reused while nothing they rest on changes. `maxBytes`: of all; 0
 * keeps none.
 */
export function createKeptAnswers(maxBytes: number, metrics: Pick<Metrics, "recordKeptAnswer">) {
  const answers =
    maxBytes === 0
      ? undefined
      : new LRUCache<string, KeptAnswer>({
          maxSize: maxBytes,
          maxEntrySize: Math.ceil(maxBytes * largestShare),
          sizeCalculation: (answer, key) => answer.size + key.length + overhead,
          dispose: (_answer, _key, reason) => {
            if (reason === "evict") metrics.recordKeptAnswer("evicted");
          },
        });
  return {
    /** Whether answers are kept. */
    isOn: answers !== undefined,

    /** The bytes of all kept answers. */
    get bytes() {
      return answers?.calculatedSize ?? 0;
    },

    /** Returns the current answer to a request, if there is one. */
    find(key: string): KeptAnswer | undefined {
      const answer = answers?.get(key);
      const standing = answer?.details.repeatable.standing();
      if (standing === "outdated") answers?.delete(key);
      metrics.recordKeptAnswer(standing === "current" ? "served" : (standing ?? "missed"));
      return standing === "current" ? answer : undefined;
    },

    /** Keeps an answer. Call it again when another encoding has made it grow. */
    keep(key: string, answer: KeptAnswer): void {
      answers?.set(key, answer);
    },
  };
}

export type KeptAnswers = ReturnType<typeof createKeptAnswers>;
