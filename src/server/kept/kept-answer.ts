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

/** An answer that is sent again: its bytes, each encoding made when it is first asked for. */
export class KeptAnswer {
  readonly details: AnswerDetails;
  /** The response in UTF-8. */
  readonly bytes: Buffer;
  readonly #dataLength: number;
  readonly #encoded = new Map<Encoding, Promise<Buffer>>();
  #etag: string | undefined;
  #size: number;

  private constructor(data: Buffer, details: AnswerDetails) {
    const { oldest, cutByDefault, repeatable } = details;
    const alma = { calls: 0, reused: repeatable.reused, oldest, kept: true, cutByDefault };
    this.details = details;
    this.#dataLength = data.length;
    this.bytes = Buffer.concat([data, Buffer.from(`,"extensions":${JSON.stringify({ alma })}}`)]);
    this.#size = this.bytes.length;
  }

  /** Makes one of the text of a response; undefined if that does not begin with `data` and end with `extensions`. */
  static of(text: string | Buffer, details: AnswerDetails): KeptAnswer | undefined {
    const end = text.lastIndexOf(',"extensions":');
    if (end < 0 || text.lastIndexOf('{"data":', 0) !== 0) return undefined;
    const data = typeof text === "string" ? Buffer.from(text.slice(0, end)) : text.subarray(0, end);
    return new KeptAnswer(data, details);
  }

  /** Bytes of memory, with all encodings that were made. */
  get size(): number {
    return this.#size;
  }

  get etag(): string {
    this.#etag ??= etagOf(this.bytes.subarray(0, this.#dataLength));
    return this.#etag;
  }

  /** The compressed response. Those who ask while it is made wait for the same one. */
  encoded(encoding: Encoding): Promise<Buffer> {
    const known = this.#encoded.get(encoding);
    if (known) return known;
    const made = Promise.resolve(encode(encoding, this.bytes)).then((bytes) => {
      this.#size += bytes.length;
      return bytes;
    });
    this.#encoded.set(encoding, made);
    return made;
  }
}
