import { type Codec, text, throwUnreadable } from "./codec.ts";
import { type Field, isObject, parseId, wireName } from "./field.ts";

type NestedFields = Readonly<Record<string, Field>>;
type NestedRecord<P extends NestedFields> = {
  readonly [K in keyof P]: P[K] extends Codec<infer R, never> ? R | null : never;
};

/**
 * An object inside a record, such as `unit_usage`. One unreadable part makes the whole object
 * unreadable: relations are read from it, and a null in its place would say that there is no related record.
 */
export function nested<const P extends NestedFields>(fields: P): Codec<NestedRecord<P>, never> {
  const readFields = compileFields(fields);
  return {
    read: (value) => (isObject(value) ? readFields(value) : throwUnreadable(value, "an object")),
    encode: (value) => value,
  };
}

/**
 * A related record as Alma embeds it: its id and some of its fields. A field that is missing is undefined. Alma may
 * also show the bare id, as a rental object does with `parent_unit`. Written as the id.
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

/** Compiles a reader of the given fields. A field that is missing becomes `absent`. */
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
export interface Choice {
  readonly value: string | null;
  readonly name: string | null;
}

const readChoice = compileFields({ value: text, name: text });

/** A value of a vocabulary, documented or not. Alma may also show the bare value. Written as the bare value. */
export const choice: Codec<Choice, string> = {
  accepts: "text",
  read: (value) => {
    if (!isObject(value)) return value === "" ? null : { value: text.read(value), name: null };
    return readChoice(value);
  },
  encode: text.encode,
  stored: text.stored,
  mayBe: text.mayBe,
};

/** As `choice`, read as its text alone. If Alma shows a pair of name and value, the value counts. */
export const choiceValue: Codec<string, string> = {
  accepts: "text",
  read: (value) => (isObject(value) ? readChoice(value).value : text.read(value)),
  encode: text.encode,
  stored: text.stored,
  mayBe: text.mayBe,
};

/** A choice whose values are numbers: `country`. Digits are sent as a number. */
export const numberedChoice: Codec<Choice, string> = {
  ...choice,
  encode: (value) => numberIn(String(text.encode(value))),
  stored: (value) => String(numberIn(value)),
};

function numberIn(text: string): string | number {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}
