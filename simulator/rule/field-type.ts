import { fieldMessage } from "../http/message.ts";
import type { SimulatorContext } from "../store/context.ts";
import type { TableName } from "../store/store.ts";
import { type Field, InvalidValueError, pythonTypeName, type Requirement } from "./field.ts";

/** Any text. Numbers become text. */
export function text(
  requirement: Requirement = "printed",
  transform = (value: string) => value,
): Field<string> {
  return { requirement, isNullable: false, parse: (value) => transform(asText(value)) };
}

/** Any text or null. */
export function nullableText(
  requirement: Requirement = "printed",
  transform = (value: string) => value,
): Field<string | null> {
  return { requirement, isNullable: true, parse: (value) => transform(asText(value)) };
}

/** Text that is not blank. */
export function filledText(requirement: Requirement = "known"): Field<string> {
  return {
    requirement,
    isNullable: false,
    parse(value) {
      const string = asText(value);
      if (string.trim() === "") throw new InvalidValueError(fieldMessage.blank);
      return string;
    },
  };
}

/** Text or a number, stored as sent, or null. */
export function scalar(requirement: Requirement = "printed"): Field<string | number | null> {
  return {
    requirement,
    isNullable: true,
    parse: (value) => (typeof value === "number" ? value : asText(value)),
  };
}

/** An e-mail address. */
export function email(): Field<string> {
  return {
    requirement: "known",
    isNullable: false,
    parse(value) {
      const string = asText(value);
      if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(string)) throw new InvalidValueError(fieldMessage.notEmail);
      return string;
    },
  };
}

/** A number, or a number as text. */
export function number(requirement: Requirement = "printed"): Field<number> {
  return {
    requirement,
    isNullable: false,
    parse(value) {
      const read = asNumber(value);
      if (read === undefined) throw new InvalidValueError(fieldMessage.notNumber);
      return read;
    },
  };
}

/** A whole number, or a whole number as text. */
export function integer(requirement: Requirement = "printed"): Field<number> {
  return {
    requirement,
    isNullable: false,
    parse(value) {
      const read = asNumber(value);
      if (read === undefined || !Number.isInteger(read)) throw new InvalidValueError(fieldMessage.notInteger);
      return read;
    },
  };
}

/** A boolean in any spelling that Django REST Framework accepts. */
export function boolean(requirement: Requirement = "printed"): Field<boolean> {
  return {
    requirement,
    isNullable: false,
    parse(value) {
      const lowered = String(value).toLowerCase();
      if (["true", "1", "t", "yes", "y", "on"].includes(lowered)) return true;
      if (["false", "0", "f", "no", "n", "off"].includes(lowered)) return false;
      throw new InvalidValueError(fieldMessage.notFlag);
    },
  };
}

/** One of the given values. */
export function choice(values: readonly string[], requirement: Requirement = "known"): Field<string> {
  return {
    requirement,
    isNullable: false,
    parse(value) {
      if (typeof value === "string" && values.includes(value)) return value;
      throw new InvalidValueError(fieldMessage.badChoice(value));
    },
  };
}

/** The id of a record in one of these tables. */
export function foreignKey(tables: readonly TableName[]): Field<number> {
  return {
    requirement: "known",
    isNullable: false,
    parse: (value, context) => readForeignKey(value, tables, context),
  };
}

/** The id of the record's parent. */
export function parentKey(tables: readonly TableName[]): Field<number> {
  return { ...foreignKey(tables), isParent: true };
}

/** The id of an uploaded file, or null. */
export function fileKey(requirement: Requirement = "printed"): Field<number | null> {
  return {
    requirement,
    isNullable: true,
    parse: (value, context) => readForeignKey(value, ["files"], context),
  };
}

/** Reads the id of a record in one of the tables. Throws InvalidValueError. */
export function readForeignKey(
  value: unknown,
  tables: readonly TableName[],
  { data }: SimulatorContext,
): number {
  const id = asNumber(value);
  if (id === undefined) throw new InvalidValueError(fieldMessage.notKey(pythonTypeName(value)));
  if (tables.some((name) => data[name].get(id))) return id;
  throw new InvalidValueError(fieldMessage.noSuchKey(value));
}

/** A date, with or without time and time zone. Only the day as written is stored. */
export function date(requirement: Requirement = "printed"): Field<string | null> {
  return {
    requirement,
    isNullable: true,
    parse(value) {
      const isoDate = typeof value === "string" ? DATE_PATTERN.exec(value)?.[1] : undefined;
      if (!isoDate || !isCalendarDate(isoDate)) throw new InvalidValueError(fieldMessage.notDate);
      return isoDate;
    },
  };
}

/** A decimal of at most two places, from text or a number, stored as text with two places. */
export function decimal(requirement: Requirement = "printed"): Field<string> {
  return {
    requirement,
    isNullable: false,
    parse(value) {
      const digits = typeof value === "number" ? String(value) : asText(value).trim();
      const [, whole, fraction = ""] = /^(-?\d+)(?:\.(\d+))?$/.exec(digits) ?? [];
      if (whole === undefined) throw new InvalidValueError(fieldMessage.notNumber);
      if (fraction.length > 2) throw new InvalidValueError(fieldMessage.decimalPlaces);
      return `${whole}.${fraction.padEnd(2, "0")}`;
    },
  };
}

const DATE_PATTERN =
  /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

function isCalendarDate(isoDate: string): boolean {
  const time = Date.parse(`${isoDate}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(isoDate);
}

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw new InvalidValueError(fieldMessage.notText);
}

function asNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}
