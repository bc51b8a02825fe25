import type { GraphQLLeafType } from "graphql";

/** JSON in parts, in order: what was written without a break is one text. */
export type JsonPart = string | readonly JsonPart[];

/** Characters of a text that is cut off. What it was joined from is still in the processor's cache. */
const CHUNK_LENGTH = 4 * 1024;

/** Takes the JSON text of values, one after the other. */
export class JsonOutput {
  /** What has been written since the last chunk was cut off; add to it. */
  text = "";
  #chunks: string[] = [];

  /** Cuts off a chunk, if there is enough: what a long text is joined from outlives collections, and is copied late. */
  cutOff(): void {
    if (this.text.length < CHUNK_LENGTH) return;
    // Looking at a character makes one text of what was joined.
    this.text.charCodeAt(0);
    this.#chunks.push(this.text);
    this.text = "";
  }

  get chunkCount(): number {
    return this.#chunks.length;
  }

  /** Takes away what was written since the place that `chunkCount` and the length of `text` were at. */
  takeSince(chunkCount: number, length: number): JsonPart {
    const taken = this.#chunks.splice(chunkCount);
    const [first = this.text, ...others] = taken;
    const last = taken.length > 0 ? [...others, this.text] : [];
    this.text = first.slice(0, length);
    const part = length === 0 ? first : first.slice(length);
    return last.length === 0 ? part : [part, ...last];
  }

  /** Takes away everything. */
  take(): JsonPart {
    return this.takeSince(0, 0);
  }
}

/** A value of an answer as the text that it is sent as, of which no object was made. */
export class JsonText {
  readonly #part: JsonPart;
  /** In characters. */
  readonly length: number;

  constructor(part: JsonPart) {
    this.#part = part;
    this.length = lengthOf(part);
  }

  /** The texts of which it consists, in order. */
  texts(): Generator<string, void, void> {
    return textsOf(this.#part);
  }

  toString(): string {
    return [...this.texts()].join("");
  }

  /** The value, for whoever needs it as one. */
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

/** Longer texts are searched faster by JSON.stringify. */
const SHORT_LENGTH = 40;

/** The JSON text of a string. */
const quote = (text: string): string => (isPlain(text) ? `"${text}"` : JSON.stringify(text));

/** Whether a text is short and is shown by JSON as it is. */
function isPlain(text: string) {
  if (text.length > SHORT_LENGTH) return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // Control characters, quotes, backslashes, and surrogates, which may be alone.
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff)) return false;
  }
  return true;
}

/** The JSON text of a value of a leaf type; what JSON cannot say is null. */
export function leafText(leaf: unknown): string {
  switch (typeof leaf) {
    case "string":
      return quote(leaf);
    case "number":
      return Number.isFinite(leaf) ? String(leaf) : "null";
    case "boolean":
      return leaf ? "true" : "false";
    default:
      return JSON.stringify(leaf) ?? "null";
  }
}

/** What the text of a leaf field depends on besides its value. */
export interface LeafField {
  readonly type: GraphQLLeafType;
  /** What stands before the value, and that with the opening quote of a string: each joining of texts costs memory. */
  readonly prefix: string;
  readonly quotedPrefix: string;
  /** Null with the prefix; undefined if the field is not nullable. */
  readonly nullText: string | undefined;
}

/** The text of a leaf field with a plain value; undefined for all else. Throws what its type does. */
export function leafTextOf(
  value: unknown,
  { type, prefix, quotedPrefix, nullText }: LeafField,
): string | undefined {
  if (value == null) return nullText;
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  const leaf = type.serialize(value);
  if (leaf == null) return undefined;
  return typeof leaf === "string" && isPlain(leaf) ? `${quotedPrefix}${leaf}"` : prefix + leafText(leaf);
}
