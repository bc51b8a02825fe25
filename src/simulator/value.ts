import { type Field, Invalid, type Need, pythonType } from "./field.ts";
import { fieldMessage } from "./message.ts";
import type { TableName } from "./store.ts";
import type { World } from "./world.ts";

/** Any text; numbers are taken as text. */
export function text(need: Need = "printed", keep = (value: string) => value): Field<string> {
  return { need, takesNull: false, read: (value) => keep(asText(value)) };
}

/** Text that may be null. */
export function nullableText(need: Need = "printed", keep = (value: string) => value): Field<string | null> {
  return { need, takesNull: true, read: (value) => keep(asText(value)) };
}

/** Text that may not be empty. */
export function filledText(need: Need = "known"): Field<string> {
  return {
    need,
    takesNull: false,
    read(value) {
      const read = asText(value);
      if (read.trim() === "") throw new Invalid(fieldMessage.blank);
      return read;
    },
  };
}

/** Text or a number, kept as it came, or null. */
export function scalar(need: Need = "printed"): Field<string | number | null> {
  return { need, takesNull: true, read: (value) => (typeof value === "number" ? value : asText(value)) };
}

export function email(): Field<string> {
  return {
    need: "known",
    takesNull: false,
    read(value) {
      const read = asText(value);
      if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(read)) throw new Invalid(fieldMessage.notEmail);
      return read;
    },
  };
}

export function number(need: Need = "printed"): Field<number> {
  return {
    need,
    takesNull: false,
    read(value) {
      const read = asNumber(value);
      if (read === undefined) throw new Invalid(fieldMessage.notNumber);
      return read;
    },
  };
}

export function integer(need: Need = "printed"): Field<number> {
  return {
    need,
    takesNull: false,
    read(value) {
      const read = asNumber(value);
      if (read === undefined || !Number.isInteger(read)) throw new Invalid(fieldMessage.notInteger);
      return read;
    },
  };
}

export function flag(need: Need = "printed"): Field<boolean> {
  return {
    need,
    takesNull: false,
    read(value) {
      const read = String(value).toLowerCase();
      if (["true", "1", "t", "yes", "y", "on"].includes(read)) return true;
      if (["false", "0", "f", "no", "n", "off"].includes(read)) return false;
      throw new Invalid(fieldMessage.notFlag);
    },
  };
}

/** One of the given values. */
export function choice(values: readonly string[], need: Need = "known"): Field<string> {
  return {
    need,
    takesNull: false,
    read(value) {
      if (typeof value === "string" && values.includes(value)) return value;
      throw new Invalid(fieldMessage.badChoice(value));
    },
  };
}

/** The id of a record that must be in one of these tables. */
export function key(tables: readonly TableName[]): Field<number> {
  return { need: "known", takesNull: false, read: (value, world) => readKey(value, tables, world) };
}

/** The id of the record's parent. */
export function parent(tables: readonly TableName[]): Field<number> {
  return { ...key(tables), isParent: true };
}

/** The id of an uploaded file, or null. */
export function scan(need: Need = "printed"): Field<number | null> {
  return { need, takesNull: true, read: (value, world) => readKey(value, ["files"], world) };
}

/** Throws Invalid unless the value is the id of a record in one of the tables. */
export function readKey(value: unknown, tables: readonly TableName[], { data }: World): number {
  const id = asNumber(value);
  if (id === undefined) throw new Invalid(fieldMessage.notKey(pythonType(value)));
  if (tables.some((name) => data[name].get(id))) return id;
  throw new Invalid(fieldMessage.noSuchKey(value));
}

/** A date, with or without time and zone, of which only the day as written is kept. */
export function day(need: Need = "printed"): Field<string | null> {
  return {
    need,
    takesNull: true,
    read(value) {
      const date = typeof value === "string" ? DATE.exec(value)?.[1] : undefined;
      if (!date || !isDay(date)) throw new Invalid(fieldMessage.notDate);
      return date;
    },
  };
}

/** A decimal of at most two places, from text or a number, kept as text with two places. */
export function money(need: Need = "printed"): Field<string> {
  return {
    need,
    takesNull: false,
    read(value) {
      const printed = typeof value === "number" ? String(value) : asText(value).trim();
      const [, whole, fraction = ""] = /^(-?\d+)(?:\.(\d+))?$/.exec(printed) ?? [];
      if (whole === undefined) throw new Invalid(fieldMessage.notNumber);
      if (fraction.length > 2) throw new Invalid(fieldMessage.decimalPlaces);
      return `${whole}.${fraction.padEnd(2, "0")}`;
    },
  };
}

const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

function isDay(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw new Invalid(fieldMessage.notText);
}

function asNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const read = Number(value);
  return Number.isFinite(read) ? read : undefined;
}
