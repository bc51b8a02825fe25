import { type Codec, text, throwUnreadable } from "./codec.ts";
import { type Field, isObject, parseId, wireName } from "./field.ts";

type NestedFields = Readonly<Record<string, Field>>;
type NestedRecord<P extends NestedFields> = {
  readonly [K in keyof P]: P[K] extends Codec<infer R, never> ? R | null : never;
};

/**
 * An object inside a record, such as `unit_usage`. A part that cannot be read spoils the whole: others rest on it, and
 * null would pass for Alma's word.
 */
export function nested<const P extends NestedFields>(fields: P): Codec<NestedRecord<P>, never> {
  const readFields = compileFields(fields);
  return {
    read: (value) => (isObject(value) ? readFields(value) : throwUnreadable(value, "an object")),
    encode: (value) => value,
  };
}

/**
 * Another record as Alma shows it inside this one: its id and some of its fields; one that is left out is undefined.
 * A bare id will do, as in a rental object. Written as the id.
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

/** A reader of the given parts, compiled once; one that is left out is `absent`. */
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

/** One of Alma's words for something, and its name: `{"name": "property_type.bunk", "value": "bunk"}`. */
export interface Choice {
  readonly value: string | null;
  readonly name: string | null;
}

const readChoice = compileFields({ value: text, name: text });

/** A word of a vocabulary, known or not: they are open. The bare word will do. Written as the word. */
export const choice: Codec<Choice, string> = {
  accepts: "text",
  read: (value) => {
    if (!isObject(value)) return value === "" ? null : { value: text.read(value), name: null };
    return readChoice(value);
  },
  encode: (value) => value,
};

/** A word that Alma shows bare. A pair will do, as of a choice: then it is the pair's value. */
export const choiceValue: Codec<string, string> = {
  accepts: "text",
  read: (value) => (isObject(value) ? readChoice(value).value : text.read(value)),
  encode: (value) => value,
};

/** A choice whose values are numbers in Alma: `country`. Digits are sent as a number. */
export const numberedChoice: Codec<Choice, string> = {
  ...choice,
  encode: (value) => (/^\d{1,9}$/.test(value) ? Number(value) : value),
};
