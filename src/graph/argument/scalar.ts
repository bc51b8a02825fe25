import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode, valueFromASTUntyped } from "graphql";
import { decimal, isCalendarDate } from "../../alma/index.ts";
import { argumentPathOf, badInput } from "./bad-input.ts";
import { MalformedValue } from "./malformed.ts";

/**
 * Creates the input functions of a scalar, with the same rule for literals and variables. `parse` returns undefined for
 * a malformed value. The error for a literal names its argument; GraphQL adds the name for a variable. In `input` and
 * `expected` of a write, malformed values are left to the write.
 */
function createParsers(parse: (input: string | number) => string | undefined, expected: string) {
  const describeInvalid = (shown: string) =>
    `${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown} is not ${expected}.`;
  return {
    parseValue(input: unknown): string {
      // Safe: a write removes it before it uses its input.
      if (input instanceof MalformedValue) return input as never;
      const value = typeof input === "string" || typeof input === "number" ? parse(input) : undefined;
      if (value !== undefined) return value;
      throw new GraphQLError(describeInvalid(JSON.stringify(input)), {
        extensions: { code: "BAD_USER_INPUT" },
      });
    },
    parseLiteral(node: ValueNode): string {
      // Use the text of a number as written, so that no digits are lost.
      const isTextual = node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT;
      const value = isTextual ? parse(node.value) : undefined;
      if (value !== undefined) return value;
      const path = argumentPathOf(node);
      const message = describeInvalid(print(node));
      if (/^(input|expected)\./.test(path)) return new MalformedValue(message) as never;
      throw badInput(path, message, node);
    },
  };
}

/** A calendar date, `YYYY-MM-DD`, from 0001-01-01 to 9999-12-31, without time and zone. */
export const dateScalar = new GraphQLScalarType<string, string>({
  name: "Date",
  serialize: String,
  ...createParsers(
    (input) => (isCalendarDate(String(input)) ? String(input) : undefined),
    "a day of the calendar, written YYYY-MM-DD",
  ),
});

/** An RFC 3339 timestamp with a zone. */
const MOMENT = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i;

function parseMoment(input: string | number) {
  const text = String(input);
  // Date.parse would take 30 February for 2 March.
  const moment = MOMENT.test(text) && isCalendarDate(text.slice(0, 10)) ? Date.parse(text) : NaN;
  return Number.isNaN(moment) ? undefined : new Date(moment).toISOString();
}

/** A timestamp in ISO 8601. Output is in UTC, from a Date or milliseconds since 1970; input may have any zone. */
export const dateTimeScalar = new GraphQLScalarType<string, string>({
  name: "DateTime",
  serialize: (value) => new Date(value as Date | number).toISOString(),
  ...createParsers(parseMoment, "a moment with its zone, such as 2026-10-31T23:59:59+04:00"),
});

/** Enough digits for any sum of money, few enough to compare fast. */
const MAX_DECIMAL_LENGTH = 100;

/**
 * Returns the digits of a number as written by the caller. A variable was parsed as a double, which is exact up to 15
 * digits and for safe integers; beyond that digits are lost and the result is undefined.
 */
function exactText(input: string | number) {
  if (typeof input === "string") return input;
  const digits = String(input).replace(/\D/g, "").replace(/^0+/, "");
  return Number.isSafeInteger(input) || digits.length <= 15 ? String(input) : undefined;
}

function parseDecimal(input: string | number) {
  const text = exactText(input);
  return text !== undefined && text.length <= MAX_DECIMAL_LENGTH && decimal.isDecimal(text)
    ? decimal.amountText(text)
    : undefined;
}

/**
 * An exact decimal number, as text. Input is a text or number, in digits without an exponent. Output has the form of
 * amounts (`amountText`), or the number of decimals requested by `scale`.
 */
export const decimalScalar = new GraphQLScalarType<string, string>({
  name: "Decimal",
  serialize: String,
  ...createParsers(parseDecimal, `a decimal number in digits, such as "4500.00" (long ones as text)`),
});

/** A value of the scalar JSON. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Any JSON value, unchanged. */
export const jsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: "JSON",
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});
