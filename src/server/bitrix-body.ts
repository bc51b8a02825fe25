/** What a caller asks of a sync. */
export interface Asked {
  readonly items: readonly { readonly kind: string; readonly item: unknown }[];
  readonly dryRun: boolean;
}

/**
 * The kinds of items by the words for them: `OWNER_CONTRACT` for `ownerContract`, `owner-contract`, `Owner_Contract`.
 */
export interface Kinds {
  readonly names: readonly string[];
  find(word: string): string | undefined;
}

/** Reads JSON text. Throws for what is none, and for names that would reach into an object's prototype. */
export type ParseJson = (text: string) => unknown;

/** A body that says nothing that can be done: each message says one thing that is wrong with it. */
export class WrongBody extends Error {
  readonly messages: readonly string[];
  constructor(...messages: readonly string[]) {
    super(messages.join(" "));
    this.messages = messages;
  }
}

/** Makes Kinds of the names that the graph has for them. */
export function kindsOf(names: readonly string[]): Kinds {
  const plain = (word: string) => word.replaceAll(/[-_\s]/g, "").toUpperCase();
  const known = new Map(names.map((name) => [plain(name), name]));
  return { names, find: (word) => known.get(plain(word)) };
}

const shapes =
  'Send {"items": [{"kind": "APARTMENT", "item": {…}}], "dryRun": false}, or only the list, or one {"kind": …, "item": {…}}.';
/** Faults that are told of one body; nobody reads more. */
const mostFaults = 20;

/**
 * Reads a body of JSON in any of its shapes. A name that is none of theirs is refused: `dryrun`, left aside, would
 * write. Throws WrongBody with what is wrong.
 */
export function readBody(body: unknown, kinds: Kinds, parseJson: ParseJson): Asked {
  if (Array.isArray(body)) return { items: readItems(body, kinds, parseJson), dryRun: false };
  if (typeof body !== "object" || body === null) throw new WrongBody(`The body is ${what(body)}. ${shapes}`);
  const { dryRun: flag, ...rest } = body as Readonly<Record<string, unknown>>;
  const dryRun = readFlag(flag);
  if (!Object.hasOwn(rest, "items")) {
    if (!Object.hasOwn(rest, "kind") && !Object.hasOwn(rest, "item"))
      throw new WrongBody(`The body has no items. ${shapes}`);
    return { items: [readItem(rest, "The body", kinds, parseJson)], dryRun };
  }
  const { items, ...others } = rest;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new WrongBody(`The body has ${shown(other)} beside items. ${shapes}`);
  if (!Array.isArray(items)) throw new WrongBody(`items is ${what(items)} and has to be a list. ${shapes}`);
  return { items: readItems(items, kinds, parseJson), dryRun };
}

/** Whether nothing is to be written; the words are for tools that send nothing but text. Throws WrongBody. */
export function readFlag(value: unknown): boolean {
  const word = typeof value === "string" ? value.toLowerCase() : value;
  if (word === true || word === "true" || word === "y") return true;
  if (word === undefined || word === null || word === false || word === "false" || word === "n") return false;
  throw new WrongBody(`dryRun is ${shown(value)} and has to be true or false. Nothing was done.`);
}

/** The kind that a word names. Throws WrongBody with those that there are. */
export function readKind(word: unknown, place: string, { names, find }: Kinds): string {
  const kind = typeof word === "string" ? find(word) : undefined;
  if (kind !== undefined) return kind;
  const fact = word === undefined || word === null ? "is missing" : `is ${shown(word)}, which is none`;
  throw new WrongBody(`${place} ${fact}: it has to be one of ${names.join(", ")}.`);
}

/** An item, or the JSON text of one, which is all that some tools can send. Throws WrongBody. */
export function readContent(content: unknown, place: string, parseJson: ParseJson): object {
  let value = content;
  try {
    if (typeof content === "string") value = parseJson(content);
  } catch {
    throw new WrongBody(`${place} is a text and not that of a JSON object. ${wanted}`);
  }
  if (typeof value === "object" && value !== null) return value;
  throw new WrongBody(`${place} is ${what(value)}. ${wanted}`);
}

const wanted = "Give what crm.item.get or crm.contact.get answered.";

function readItems(items: readonly unknown[], kinds: Kinds, parseJson: ParseJson): Asked["items"] {
  const read: { kind: string; item: unknown }[] = [];
  const faults: string[] = [];
  for (const [index, each] of items.entries()) {
    try {
      read.push(readItem(each, `items[${index}]`, kinds, parseJson));
    } catch (error) {
      if (!(error instanceof WrongBody)) throw error;
      faults.push(...error.messages);
      if (faults.length >= mostFaults) break;
    }
  }
  if (faults.length > 0) throw new WrongBody(...faults);
  return read;
}

function readItem(value: unknown, place: string, kinds: Kinds, parseJson: ParseJson) {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new WrongBody(`${place} is ${what(value)} and has to be {"kind": …, "item": {…}}.`);
  const { kind, item, ...others } = value as Readonly<Record<string, unknown>>;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw new WrongBody(
      `${place} has ${shown(other)} beside kind and item. What belongs to the item goes inside item.`,
    );
  }
  const of = place === "The body" ? "" : `${place}.`;
  return { kind: readKind(kind, `${of}kind`, kinds), item: readContent(item, `${of}item`, parseJson) };
}

/** What a value is, in words; nothing of what it says. */
function what(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? "a text" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A short text as it was sent; of anything else, what it is. */
function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : what(value);
}
