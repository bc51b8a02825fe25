import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode, valueFromASTUntyped } from "graphql";
import { amountText, isCalendarDate, isDecimal } from "../../alma/index.ts";
import { argumentPathOf, badInput } from "./bad-input.ts";
import { Malformed } from "./malformed.ts";

/**
 * The input side of a scalar: the same rule for a literal in the document and for the value of a variable. The error
 * for a literal names its argument; GraphQL adds name and path to the error for a variable. In the arguments `input`
 * and `expected`, which only writes have, a malformed value is left to the write. `parse` returns undefined for what is
 * not of the scalar's form.
 */
function createParsers(parse: (input: string | number) => string | undefined, expected: string) {
  const describeInvalid = (shown: string) =>
    `${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown} is not ${expected}.`;
  return {
    parseValue(input: unknown): string {
      // Safe, here and below: a write takes it out of its input before it uses that.
      if (input instanceof Malformed) return input as never;
      const value = typeof input === "string" || typeof input === "number" ? parse(input) : undefined;
      if (value !== undefined) return value;
      throw new GraphQLError(describeInvalid(JSON.stringify(input)), {
        extensions: { code: "BAD_USER_INPUT" },
      });
    },
    parseLiteral(node: ValueNode): string {
      // The text of a number as it was written, so that no digit is lost.
      const isTextual = node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT;
      const value = isTextual ? parse(node.value) : undefined;
      if (value !== undefined) return value;
      const path = argumentPathOf(node);
      const message = describeInvalid(print(node));
      if (/^(input|expected)\./.test(path)) return new Malformed(message) as never;
      throw badInput(path, message, node);
    },
  };
}

/** A calendar date, `YYYY-MM-DD`, without time and zone. In: an existing day from 0001-01-01 to 9999-12-31. */
export const dateScalar = new GraphQLScalarType<string, string>({
  name: "Date",
  serialize: String,
  ...createParsers(
    (input) => (isCalendarDate(String(input)) ? String(input) : undefined),
    "a day of the calendar, written YYYY-MM-DD",
  ),
});

/** A moment with its zone, as RFC 3339 writes it. */
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/i;

function parseMoment(input: string | number) {
  const moment = MOMENT.test(String(input)) ? Date.parse(String(input)) : Number.NaN;
  return Number.isNaN(moment) ? undefined : new Date(moment).toISOString();
}

/** A moment in ISO 8601, UTC. Out: from a Date or from milliseconds since 1970. In: of any zone. */
export const dateTimeScalar = new GraphQLScalarType<string, string>({
  name: "DateTime",
  serialize: (value) => new Date(value as Date | number).toISOString(),
  ...createParsers(parseMoment, "a moment with its zone, such as 2026-10-31T23:59:59+04:00"),
});

/** Enough digits for any sum of money, and few enough to compare fast. */
const MAX_DECIMAL_LENGTH = 100;

/**
 * The digits of a number as the caller wrote them. The number in a variable was parsed to a double, which is exact up
 * to 15 digits, and for safe integers. Undefined beyond that: the caller's digits are lost.
 */
function exactText(input: string | number) {
  if (typeof input === "string") return input;
  const digits = String(input).replace(/\D/g, "").replace(/^0+/, "");
  return Number.isSafeInteger(input) || digits.length <= 15 ? String(input) : undefined;
}

function parseDecimal(input: string | number) {
  const text = exactText(input);
  return text !== undefined && text.length <= MAX_DECIMAL_LENGTH && isDecimal(text)
    ? amountText(text)
    : undefined;
}

/**
 * An exact decimal number, as text. In: a text, or a number, in digits without an exponent. Out, and
 * within: the form of amounts (`amountText`), unless `scale` asks for so many decimals.
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
