import { type Codec, Misfit } from "./codec.ts";
import type { Json } from "./json.ts";
import type { Decoded } from "./reading.ts";
import { isAlmaId } from "./ref.ts";

/** How a field that can be written takes part in a create and an update. */
export interface Drafting<Must extends boolean> {
  /** Whether a create cannot be without it. */
  readonly must: Must;
  /**
   * Whether a create sends something for what the caller left out, as for every key of Alma's example: the neutral
   * value, or what is made from the rest of the draft.
   */
  readonly always: boolean | ((draft: Readonly<Record<string, unknown>>) => Json);
  /** What is sent to clear it; if undefined it cannot be cleared. */
  readonly neutral?: Json;
}

/** A field of a record: its codec and, if it can be written, how. `hidden` fields are only written. */
export type Field = Codec<unknown, never> & {
  readonly drafting?: Drafting<boolean>;
  readonly wire?: string;
  readonly hidden?: true;
};

/**
 * All fields of one kind of record, by the name that the domain gives them. Alma's name is the same in snake_case.
 * Types, reading, writing and the way from a refusal back to the caller's field all follow from it.
 */
export type Fields = Readonly<Record<string, Field>>;

/** A field that a create must have. */
export function required<R, W>(codec: Codec<R, W>): Codec<R, W> & { readonly drafting: Drafting<true> } {
  return { ...codec, drafting: { must: true, always: false } };
}

/**
 * A field of Alma's example for a create: sent always. What the caller clears is sent as `neutral`, and so is what he
 * leaves out, unless that is `made` from the rest of the draft.
 */
export function filled<R, W>(
  codec: Codec<R, W>,
  neutral: Json,
  made?: (draft: Readonly<Record<string, unknown>>) => Json,
): Codec<R, W> & { readonly drafting: Drafting<false> } {
  return { ...codec, drafting: { must: false, always: made ?? true, neutral } };
}

/** A field that is sent only when the caller gives it; without a `neutral` value it cannot be cleared. */
export function optional<R, W>(
  codec: Codec<R, W>,
  neutral?: Json,
): Codec<R, W> & { readonly drafting: Drafting<false> } {
  return {
    ...codec,
    drafting: { must: false, always: false, ...(neutral === undefined ? {} : { neutral }) },
  };
}

/** The id of another record, which a contract takes under `wire` and answers inside its `unit_usage`. */
export function reference(wire: string): Codec<never, number> & {
  readonly drafting: Drafting<true>;
  readonly hidden: true;
  readonly wire: string;
} {
  const read = () => {
    throw new Misfit("It is never read.");
  };
  return {
    takes: "record",
    read,
    encode: (id) => id,
    drafting: { must: true, always: false },
    hidden: true,
    wire,
  };
}

type Flat<T> = { readonly [K in keyof T]: T[K] };

/** The record that a table of fields describes. Everything but the id may be null. */
export type RecordOf<F extends Fields> = Flat<
  { id: number } & {
    [K in keyof F as F[K] extends { hidden: true } ? never : K]: F[K] extends Codec<infer R, never>
      ? R | null
      : never;
  }
>;

type Written<F> = F extends { encode: (value: infer W) => Json } ? W : never;
type Must<F extends Fields> = {
  [K in keyof F]: F[K] extends { drafting: Drafting<true> } ? K : never;
}[keyof F];
type May<F extends Fields> = {
  [K in keyof F]: F[K] extends { drafting: Drafting<false> } ? K : never;
}[keyof F];

/** What a create takes. */
export type DraftOf<F extends Fields> = Flat<
  { [K in Must<F>]: Written<F[K]> } & { [K in May<F>]?: Written<F[K]> | null }
>;

/** What an update takes: an absent field is left alone, null clears. */
export type ChangesOf<F extends Fields> = Flat<{ [K in Must<F> | May<F>]?: Written<F[K]> | null }>;

/** Alma's name of a field. */
export function wireName(name: string, field: Field): string {
  return field.wire ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Makes a record of an answer, or gives undefined for what is no object or has no usable id. Never throws. */
export type Decoder<T> = (value: unknown, onStrange: (field: string) => void) => Decoded<T> | undefined;

/** A part of a record that a table of fields describes: a field that is undefined was left out by the answer. */
export type PartOf<F extends Fields> = Flat<
  { id: number } & { [K in keyof Omit<RecordOf<F>, "id">]: RecordOf<F>[K & keyof RecordOf<F>] | undefined }
>;

/** A decoder of the given fields, compiled once. Fields that no table knows are told to `onStrange`. */
export function decoder<F extends Fields>(fields: F): Decoder<RecordOf<F>> {
  return compile(fields, null) as Decoder<RecordOf<F>>;
}

/** The same for an answer that tells of a record what it likes: a field that it leaves out is not null but unknown. */
export function partDecoder<F extends Fields>(fields: F): Decoder<PartOf<F>> {
  return compile(fields, undefined) as Decoder<PartOf<F>>;
}

function compile(fields: Fields, absent: null | undefined): Decoder<{ readonly id: number }> {
  const known = Object.entries(fields)
    .filter(([, field]) => !field.hidden)
    .map(([name, field]) => ({ name, wire: wireName(name, field), read: field.read }));
  const wires = new Set(["id", ...known.map(({ wire }) => wire)]);
  // A copy that has all fields at once has a shape that V8 shares; one that grows field by field becomes a dictionary.
  const nothing = Object.fromEntries(known.map(({ name }) => [name, absent]));
  return (value, onStrange) => {
    if (!isObject(value)) return undefined;
    const id = usableId(value.id);
    if (id === undefined) return undefined;
    const record: Record<string, unknown> = { id, ...nothing };
    let faults: Record<string, string> | undefined;
    for (const { name, wire, read } of known) {
      const found = value[wire];
      if (found === undefined) continue;
      record[name] = null;
      if (found === null) continue;
      try {
        record[name] = read(found);
      } catch (error) {
        if (!(error instanceof Misfit)) throw error;
        faults ??= {};
        faults[name] = error.message;
      }
    }
    for (const wire of Object.keys(value)) if (!wires.has(wire)) onStrange(wire);
    return (faults === undefined ? { record } : { record, faults }) as Decoded<{ readonly id: number }>;
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Alma's ids are whole numbers from 1; digits in a string will do. */
export function usableId(value: unknown): number | undefined {
  const id = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return isAlmaId(id) ? id : undefined;
}
