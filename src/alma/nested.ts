import { type Codec, text, unreadable } from "./codec.ts";
import { type Field, isObject, usableId, wireName } from "./field.ts";

type Parts = Readonly<Record<string, Field>>;
type Nested<P extends Parts> = {
  readonly [K in keyof P]: P[K] extends Codec<infer R, never> ? R | null : never;
};

/**
 * An object inside a record, such as `unit_usage`. A part that cannot be read spoils the whole: others rest on it, and
 * null would pass for Alma's word.
 */
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

/** A word that Alma shows bare. A pair will do, as of a choice: then it is the pair's value. */
export const word: Codec<string, string> = {
  takes: "text",
  read: (value) => (isObject(value) ? readChoice(value).value : text.read(value)),
  encode: (value) => value,
};

/** A choice whose values are numbers in Alma: `country`. Digits are sent as a number. */
export const numberedChoice: Codec<Choice, string> = {
  ...choice,
  encode: (value) => (/^\d{1,9}$/.test(value) ? Number(value) : value),
};
