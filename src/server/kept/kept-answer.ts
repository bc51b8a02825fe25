import { type Encoding, encode } from "../http/compression.ts";
import { etagOf } from "../http/private-cache.ts";
import type { RepeatableAnswer } from "../scope/graph.ts";

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
  const end = text.lastIndexOf(',"extensions":');
  if (end < 0 || text.lastIndexOf('{"data":', 0) !== 0) return undefined;
  const data = typeof text === "string" ? Buffer.from(text.slice(0, end)) : text.subarray(0, end);
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
