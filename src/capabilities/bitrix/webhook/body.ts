import { itemKindNames } from "../item/item-kind.ts";

/** An item of a request. An unreadable item keeps its position; the others are synced nevertheless. */
interface RequestedItem {
  readonly kind: string;
  readonly item: unknown;
  /** Why it cannot be read, if so. */
  readonly fault?: ItemFault;
}

/** Why an item is unreadable, and whether its `kind` or its `item` is the cause. */
export interface ItemFault {
  readonly at: "kind" | "item";
  readonly message: string;
}

/** An invalid body, with a message for each error. */
export class InvalidBodyError extends Error {
  readonly messages: readonly string[];
  constructor(...messages: readonly string[]) {
    super(messages.join(" "));
    this.messages = messages;
  }
}

const normalize = (word: string) => word.replaceAll(/[-_\s]/g, "").toUpperCase();
/** The names of the kinds in the graph. They are found in any spelling: `ownerContract`, `owner-contract`. */
const kindNames = [...itemKindNames.values()];
const kindsByWord = new Map(kindNames.map((name) => [normalize(name), name]));

const expectedBody =
  'Send {"items": [{"kind": "APARTMENT", "item": {…}}], "dryRun": false}, or only the list, or one {"kind": …, "item": {…}}.';
/** The maximum number of errors reported for one body. */
const MAX_ERRORS = 20;

/**
 * Reads the request for a sync from a JSON body in any of its forms. Refuses unknown properties, since ignoring a
 * misspelled `dryrun` would write. Throws InvalidBodyError.
 */
export function readBody(body: unknown) {
  if (Array.isArray(body)) return { items: readItems(body), dryRun: false };
  if (typeof body !== "object" || body === null)
    throw new InvalidBodyError(`The body is ${describeType(body)}. ${expectedBody}`);
  const { dryRun: dryRunValue, ...rest } = body as Readonly<Record<string, unknown>>;
  const dryRun = readDryRun(dryRunValue);
  if (!Object.hasOwn(rest, "items")) {
    if (!Object.hasOwn(rest, "kind") && !Object.hasOwn(rest, "item"))
      throw new InvalidBodyError(`The body has no items. ${expectedBody}`);
    return { items: [readItem(rest, "The body")], dryRun };
  }
  const { items, ...unknownProperties } = rest;
  const [unknownName] = Object.keys(unknownProperties);
  if (unknownName !== undefined)
    throw new InvalidBodyError(`The body has ${quoteValue(unknownName)} beside items. ${expectedBody}`);
  if (!Array.isArray(items))
    throw new InvalidBodyError(`items is ${describeType(items)}; it must be a list. ${expectedBody}`);
  return { items: readItems(items), dryRun };
}

/** Reads `dryRun`, which may be text for tools that send only text. Throws InvalidBodyError. */
function readDryRun(value: unknown) {
  const word = typeof value === "string" ? value.toLowerCase() : value;
  if (word === true || word === "true" || word === "y") return true;
  if (word === undefined || word === null || word === false || word === "false" || word === "n") return false;
  throw new InvalidBodyError(`dryRun is ${quoteValue(value)}; it must be true or false. Nothing was done.`);
}

/** Reads a kind. Throws InvalidBodyError, which lists the kinds. */
function readKind(word: unknown, path: string) {
  const kind = typeof word === "string" ? kindsByWord.get(normalize(word)) : undefined;
  if (kind !== undefined) return kind;
  const problem =
    word === undefined || word === null ? "is missing" : `is ${quoteValue(word)}, which is not a kind`;
  throw new InvalidBodyError(`${path} ${problem}. Use one of ${kindNames.join(", ")}.`);
}

/** Reads an item, which may be JSON text for tools that send only text. Throws InvalidBodyError. */
function readItemContent(content: unknown, path: string) {
  let value = content;
  try {
    if (typeof content === "string") value = JSON.parse(content);
  } catch {
    throw new InvalidBodyError(`${path} is text, but not a JSON object. ${expectedItem}`);
  }
  if (typeof value === "object" && value !== null) return value;
  throw new InvalidBodyError(`${path} is ${describeType(value)}. ${expectedItem}`);
}

const expectedItem = "Give what crm.item.get or crm.contact.get answered.";

function readItems(items: readonly unknown[]) {
  const requested: RequestedItem[] = [];
  const errors: string[] = [];
  for (const [index, element] of items.entries()) {
    try {
      requested.push(readItem(element, `items[${index}]`));
    } catch (error) {
      if (!(error instanceof InvalidBodyError)) throw error;
      errors.push(...error.messages);
      if (errors.length >= MAX_ERRORS) break;
    }
  }
  if (errors.length > 0) throw new InvalidBodyError(...errors);
  return requested;
}

/** Reads an item. Throws InvalidBodyError for another form; an error in its kind or content fails only this item. */
function readItem(value: unknown, path: string): RequestedItem {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InvalidBodyError(`${path} is ${describeType(value)}; it must be {"kind": …, "item": {…}}.`);
  const { kind, item, ...unknownProperties } = value as Readonly<Record<string, unknown>>;
  const [unknownName] = Object.keys(unknownProperties);
  if (unknownName !== undefined) {
    throw new InvalidBodyError(
      `${path} has ${quoteValue(unknownName)} beside kind and item. What belongs to the item goes inside item.`,
    );
  }
  const prefix = path === "The body" ? "" : `${path}.`;
  let at: ItemFault["at"] = "kind";
  try {
    const knownKind = readKind(kind, `${prefix}kind`);
    at = "item";
    return { kind: knownKind, item: readItemContent(item, `${prefix}item`) };
  } catch (error) {
    if (!(error instanceof InvalidBodyError)) throw error;
    // The mutation refuses an empty list as an item of any kind.
    return { kind: kindNames[0] ?? "", item: [], fault: { at, message: error.message } };
  }
}

/** Describes the type of a value for messages, without its content. */
function describeType(value: unknown) {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? "a text" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Quotes the start of a text; for any other value, returns its type. */
function quoteValue(value: unknown) {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : describeType(value);
}
