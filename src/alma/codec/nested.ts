import type { Json } from "../http/exact-json.ts";
import {
  type Codec,
  type Field,
  InvalidValueError,
  isObject,
  parseId,
  text,
  throwUnreadable,
  wireName,
} from "./field.ts";

/** A photo: Alma's attachment id and link, each null if not shown. */
export interface Photo {
  readonly id: number | null;
  readonly url: string | null;
}

/** A complete set of photos: ids of attached photos to keep, and of uploaded files to add. */
export interface PhotoSet {
  readonly keep?: readonly number[];
  readonly add: readonly number[];
}

/**
 * Photos. Alma's document shows only empty lists, so an entry may be an object, a URL or an id. A write sends the
 * complete new set: Alma deletes photos that are not in it (Alma: Apartments, PATCH).
 */
export const photos: Codec<readonly Photo[], PhotoSet> = {
  accepts: "photos",
  read: (value) => (Array.isArray(value) ? value.map(readPhoto) : throwUnreadable(value, "a list of photos")),
  encode: ({ keep = [], add }): Json => [
    ...keep.map((id) => ({ id })),
    ...add.map((file) => ({ external_file_id: file })),
  ],
  toInputPath: ([index], { keep = [], add }) => {
    const added = typeof index === "number" ? index - keep.length : -1;
    return added >= 0 && added < add.length ? ["add", added] : [];
  },
};

function readPhoto(value: unknown): Photo {
  if (isObject(value)) return { id: parseId(value.id) ?? null, url: findUrl(value) ?? null };
  const id = parseId(value);
  if (id !== undefined) return { id, url: null };
  if (typeof value === "string") return { id: null, url: value || null };
  throw new InvalidValueError("Alma returned a list in which an entry is not a photo.");
}

/**
 * A scan: written as the id of an uploaded file, read as text. Alma's document shows a client's scan as a URL, and a
 * contract's only as null. An object, as with photos, is read as its URL, or else its id.
 */
export const scan: Codec<string, number> = {
  accepts: "file",
  read: (value) => {
    if (!isObject(value)) return text.read(value) || null;
    const shownAs = findUrl(value) ?? parseId(value.id)?.toString();
    if (shownAs !== undefined) return shownAs;
    const isEmpty = Object.values(value).every((part) => part === null || part === "");
    return isEmpty ? null : throwUnreadable(value, "a file");
  },
  encode: (value) => value,
};

/** Returns the text most similar to a URL: `url`, else one with a slash, else any text. */
function findUrl(file: Readonly<Record<string, unknown>>) {
  const candidates = Object.entries(file)
    .filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === "string" && entry[0] !== "id" && entry[1] !== "",
    )
    .map(([name, value]) => ({ value, rank: name === "url" ? 0 : value.includes("/") ? 1 : 2 }))
    .sort((a, b) => a.rank - b.rank);
  return candidates[0]?.value;
}

type NestedFields = Readonly<Record<string, Field>>;
type NestedRecord<P extends NestedFields> = {
  readonly [K in keyof P]: P[K] extends Codec<infer R, never> ? R | null : never;
};

/**
 * An object inside a record, such as `unit_usage`. One unreadable part makes the whole object unreadable, because
 * relations are read from it and null would mean that there is no related record.
 */
export function nested<const P extends NestedFields>(fields: P): Codec<NestedRecord<P>, never> {
  const readFields = compileFields(fields);
  return {
    read: (value) => (isObject(value) ? readFields(value) : throwUnreadable(value, "an object")),
    encode: (value) => value,
  };
}

/**
 * A related record embedded by Alma: its id and some of its fields. A missing field is undefined. Alma may also show
 * only the id, as `parent_unit` of a rental object. Written as the id.
 */
export function relation<const P extends NestedFields>(
  fields: P,
): Codec<{ readonly id: number } & { readonly [K in keyof P]: NestedRecord<P>[K] | undefined }, number> {
  const readFields = compileFields(fields, undefined);
  return {
    accepts: "record",
    read: (value) => {
      const id = parseId(isObject(value) ? value.id : value);
      if (id === undefined) return throwUnreadable(value, "another record with an id");
      return { id, ...readFields(isObject(value) ? value : {}) };
    },
    encode: (id) => id,
  };
}

/** Compiles a reader of the given fields. Missing fields become `absent`. */
function compileFields<P extends NestedFields>(
  fields: P,
  absent: null | undefined = null,
): (value: Readonly<Record<string, unknown>>) => NestedRecord<P> {
  const readers = Object.entries(fields).map(([name, part]) => ({ name, wire: wireName(name, part), part }));
  return (value) => {
    const record: Record<string, unknown> = {};
    for (const { name, wire, part } of readers) {
      const raw = value[wire];
      record[name] = raw === undefined ? absent : raw === null ? null : part.read(raw);
    }
    return record as NestedRecord<P>;
  };
}

/** A value of one of Alma's vocabularies: `{"name": "property_type.bunk", "value": "bunk"}`. */
interface Choice {
  readonly value: string | null;
  readonly name: string | null;
}

const readChoice = compileFields({ value: text, name: text });

/**
 * A value of a vocabulary, documented or not. Alma may show the bare value, which is also how it is written.
 */
export const choice: Codec<Choice, string> = {
  ...text,
  read: (value) => {
    if (!isObject(value)) return value === "" ? null : { value: text.read(value), name: null };
    return readChoice(value);
  },
};

/** Like `choice`, read as text. If Alma shows a name and a value, the value is used. */
export const choiceValue: Codec<string, string> = {
  ...text,
  read: (value) => (isObject(value) ? readChoice(value).value : text.read(value)),
};

/** A choice with numeric values: `country`. Digits are sent as a number. */
export const numberedChoice: Codec<Choice, string> = {
  ...choice,
  encode: (value) => numberIn(String(text.encode(value))),
  stored: (value) => String(numberIn(value)),
};

function numberIn(text: string) {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}
