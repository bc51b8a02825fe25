import { type Codec, Misfit, text, unreadable } from "./codec.ts";
import { type Field, isObject, usableId, wireName } from "./field.ts";
import type { Json } from "./json.ts";

type Parts = Readonly<Record<string, Field>>;
type Nested<P extends Parts> = {
  readonly [K in keyof P]: P[K] extends Codec<infer R, never> ? R | null : never;
};

/** An object inside a record, such as `unit_usage`. A part that cannot be read spoils the whole. */
export function nested<const P extends Parts>(parts: P): Codec<Nested<P>, never> {
  const readParts = partsReader(parts);
  return {
    read: (value) => (isObject(value) ? readParts(value) : unreadable(value, "an object")),
    encode: (value) => value,
  };
}

/**
 * Another record as Alma shows it inside this one: its id and some of its fields; one that is left out is undefined.
 * A bare id will do, as in a rental object. Written as the id.
 */
export function link<const P extends Parts>(
  parts: P,
): Codec<{ readonly id: number } & { readonly [K in keyof P]: Nested<P>[K] | undefined }, number> {
  const readParts = partsReader(parts, undefined);
  return {
    takes: "record",
    read: (value) => {
      const id = usableId(isObject(value) ? value.id : value);
      if (id === undefined) return unreadable(value, "another record with an id");
      return { id, ...readParts(isObject(value) ? value : {}) };
    },
    encode: (id) => id,
  };
}

/** A reader of the given parts, compiled once; one that is left out is `absent`. */
function partsReader<P extends Parts>(
  parts: P,
  absent: null | undefined = null,
): (value: Readonly<Record<string, unknown>>) => Nested<P> {
  const known = Object.entries(parts).map(([name, part]) => ({ name, wire: wireName(name, part), part }));
  return (value) => {
    const record: Record<string, unknown> = {};
    for (const { name, wire, part } of known) {
      const found = value[wire];
      record[name] = found === undefined ? absent : found === null ? null : part.read(found);
    }
    return record as Nested<P>;
  };
}

/** One of Alma's words for something, and its name: `{"name": "property_type.bunk", "value": "bunk"}`. */
export interface Choice {
  readonly value: string | null;
  readonly name: string | null;
}

const readChoice = partsReader({ value: text, name: text });

/** A word of a vocabulary, known or not: they are open. The bare word will do. Written as the word. */
export const choice: Codec<Choice, string> = {
  takes: "text",
  read: (value) => {
    if (!isObject(value)) return value === "" ? null : { value: text.read(value), name: null };
    return readChoice(value);
  },
  encode: (value) => value,
};

/** A choice whose values are numbers in Alma: `country`. Digits are sent as a number. */
export const numberedChoice: Codec<Choice, string> = {
  ...choice,
  encode: (value) => (/^\d{1,9}$/.test(value) ? Number(value) : value),
};

/** A picture: Alma's id of the attachment, and the link to it, as far as the answer tells. */
export interface Photo {
  readonly id: number | null;
  readonly url: string | null;
}

/** A whole set of pictures: the attached ones to keep, by their ids, and uploaded files to add. */
export interface PhotoSet {
  readonly keep?: readonly number[];
  readonly add: readonly number[];
}

/**
 * Pictures. Only an empty list is ever shown, so that an entry may be an object, a link or an id. Alma takes the whole
 * new set: one that is not listed is deleted (Alma: Apartments, PATCH).
 */
export const photos: Codec<readonly Photo[], PhotoSet> = {
  takes: "photos",
  read: (value) => (Array.isArray(value) ? value.map(readPhoto) : unreadable(value, "a list of pictures")),
  encode: ({ keep = [], add }): Json => [
    ...keep.map((id) => ({ id })),
    ...add.map((file) => ({ external_file_id: file })),
  ],
  trace: ([index], { keep = [], add }) => {
    const added = typeof index === "number" ? index - keep.length : -1;
    return added >= 0 && added < add.length ? ["add", added] : [];
  },
};

function readPhoto(value: unknown): Photo {
  if (isObject(value)) return { id: usableId(value.id) ?? null, url: linkAmong(value) };
  const id = usableId(value);
  if (id !== undefined) return { id, url: null };
  if (typeof value === "string") return { id: null, url: value || null };
  throw new Misfit("Alma answered a list in which an entry is not a picture.");
}

/** The text value that looks most like a link: the one called url, else one with a slash, else any. */
function linkAmong(photo: Readonly<Record<string, unknown>>): string | null {
  const texts = Object.entries(photo)
    .filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === "string" && entry[0] !== "id" && entry[1] !== "",
    )
    .map(([name, value]) => ({ value, rank: name === "url" ? 0 : value.includes("/") ? 1 : 2 }))
    .sort((a, b) => a.rank - b.rank);
  return texts[0]?.value ?? null;
}
