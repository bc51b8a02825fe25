import type { FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { type Encoding, encode } from "../http/compression.ts";
import { hasPreflightHeader } from "../http/cross-origin.ts";
import { etagOf, withoutExtensions } from "../http/private-cache.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { RepeatableAnswer } from "../scope/graph.ts";

/** Characters of a longer request are not compared. */
const maxKeyLength = 32_768;

/**
 * What a request asks for, and what its caller may see: two requests with the same key get the same answer as long as
 * no record changes. Undefined for what only Apollo Server answers or refuses.
 */
export function answerKeyOf(request: FastifyRequest): string | undefined {
  const { method, document, caller, bodyText } = request;
  const asked = method === "POST" ? bodyText : method === "GET" ? askedInUrl(request) : null;
  if (asked === null || asked.length > maxKeyLength || !caller) return undefined;
  // The document of a documentId is another one once the manifest is.
  return `${method}\n${scopesText(caller.scopes)}\n${document ?? ""}\n${asked}`;
}

/** Names a set of scopes: equal sets have equal texts. */
export const scopesText = (scopes: ReadonlySet<string>): string => [...scopes].sort().join();

function askedInUrl({ url, headers }: FastifyRequest): string | null {
  const start = url.indexOf("?");
  return start > 0 && hasPreflightHeader(headers) ? url.slice(start) : null;
}

/** What is known of an answer beside its bytes. */
interface AnswerDetails {
  readonly repeatable: RepeatableAnswer;
  /** The operation's name in the document. */
  readonly name: string | undefined;
  /** The hash of the document. */
  readonly hash: string | undefined;
  /** Milliseconds: the `maxAge` of `@freshness`; 0 without it. */
  readonly maxAge: number;
  /** When its oldest data was read, as a date. */
  readonly oldest: string | null;
  /** The lists that the default page size has cut. */
  readonly cutByDefault: readonly string[] | undefined;
}

/**
 * An answer that is sent again: its bytes, each encoding made when it is first asked for. Undefined if the text of the
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

    /** Bytes of memory, with all encodings that were made. */
    get size() {
      return size;
    },

    get etag(): string {
      etag ??= etagOf(bytes.subarray(0, dataLength));
      return etag;
    },

    /** The compressed response. Those who ask while it is made wait for the same one. */
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

/** Bytes for the key's objects and for what decides whether an answer stands. */
const overhead = 8_192;
/** No answer takes more than this part of the memory, or a few reports would replace all else. */
const largestShare = 1 / 4;

/** The answers that are sent again while nothing that they rest on has changed. `maxBytes`: of all; 0 keeps none. */
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
    /** Whether any answers are kept. */
    isOn: answers !== undefined,

    /** Bytes of all kept answers. */
    get bytes() {
      return answers?.calculatedSize ?? 0;
    },

    /** The answer to a request, if there is one that stands. */
    find(key: string): KeptAnswer | undefined {
      const answer = answers?.get(key);
      const standing = answer?.details.repeatable.standing();
      if (standing === "outdated") answers?.delete(key);
      metrics.recordKeptAnswer(standing === "current" ? "served" : (standing ?? "missed"));
      return standing === "current" ? answer : undefined;
    },

    /** Keeps an answer. An answer that has grown, by another encoding, is kept anew. */
    keep(key: string, answer: KeptAnswer): void {
      answers?.set(key, answer);
    },
  };
}

export type KeptAnswers = ReturnType<typeof createKeptAnswers>;
