import type { GraphQLLeafType } from "graphql";

/** JSON in parts, in order. */
export type JsonPart = string | readonly JsonPart[];

/** The length of a chunk in characters. Its pieces are still in the processor's cache when they are joined. */
const CHUNK_LENGTH = 4 * 1024;

/** Collects the JSON text of values. */
export class JsonOutput {
  /** The text since the last chunk. Callers append to it. */
  text = "";
  #chunks: string[] = [];

  /**
   * Ends a chunk if there is enough text: the pieces of a long text would survive garbage collections and be copied
   * late.
   */
  cutOff(): void {
    if (this.text.length < CHUNK_LENGTH) return;
    // Reading a character flattens the joined text.
    this.text.charCodeAt(0);
    this.#chunks.push(this.text);
    this.text = "";
  }

  get chunkCount(): number {
    return this.#chunks.length;
  }

  /** Removes and returns the text written since `chunkCount` and `length` were noted. */
  takeSince(chunkCount: number, length: number): JsonPart {
    const taken = this.#chunks.splice(chunkCount);
    const [first = this.text, ...others] = taken;
    const last = taken.length > 0 ? [...others, this.text] : [];
    this.text = first.slice(0, length);
    const part = length === 0 ? first : first.slice(length);
    return last.length === 0 ? part : [part, ...last];
  }

  /** Removes and returns everything. */
  take(): JsonPart {
    return this.takeSince(0, 0);
  }
}

/** A value of an answer that exists only as JSON text. */
export class JsonText {
  readonly #part: JsonPart;
  /** In characters. */
  readonly length: number;

  constructor(part: JsonPart) {
    this.#part = part;
    this.length = lengthOf(part);
  }

  /** Returns its texts in order. */
  texts(): Iterable<string> {
    return typeof this.#part === "string" ? [this.#part] : textsOf(this.#part);
  }

  toString(): string {
    return [...this.texts()].join("");
  }

  /** Parses the value, for code that needs it. */
  toJSON(): unknown {
    return JSON.parse(this.toString());
  }
}

function* textsOf(part: JsonPart): Generator<string, void, void> {
  if (typeof part === "string") yield part;
  else for (const inner of part) yield* textsOf(inner);
}

function lengthOf(part: JsonPart) {
  if (typeof part === "string") return part.length;
  let length = 0;
  for (const inner of part) length += lengthOf(inner);
  return length;
}

/** The length up to which checking characters is faster than JSON.stringify. */
const SHORT_LENGTH = 40;

/** Returns the JSON text of a string. */
const quote = (text: string) => (isPlain(text) ? `"${text}"` : JSON.stringify(text));

/** Returns whether a text is short and needs no escaping. */
function isPlain(text: string) {
  if (text.length > SHORT_LENGTH) return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // Control characters, quotes, backslashes, and surrogates, which may be unpaired.
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff)) return false;
  }
  return true;
}

/** Returns the JSON text of a leaf value; null if JSON cannot represent it. */
export function leafText(leaf: unknown): string {
  return typeof leaf === "string" ? quote(leaf) : (JSON.stringify(leaf) ?? "null");
}

/** How a leaf field is written. */
export interface LeafField {
  readonly type: GraphQLLeafType;
  /** The text before the value. */
  readonly prefix: string;
  /** Null with the prefix; undefined if the field is not nullable. */
  readonly nullText: string | undefined;
}

/** Returns the text of a leaf field with a plain value, else undefined. Throws what its type throws. */
export function leafTextOf(value: unknown, { type, prefix, nullText }: LeafField): string | undefined {
  if (value == null) return nullText;
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  const leaf = type.serialize(value);
  return leaf == null ? undefined : prefix + leafText(leaf);
}
