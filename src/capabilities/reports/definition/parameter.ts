import {
  coerceInputValue,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isListType,
  isScalarType,
} from "graphql";
import { parseDay } from "./parse-day.ts";

/** A variable of a report's query, set in the URL. */
export interface Parameter {
  /** The name of the variable and of the URL parameter. */
  readonly name: string;
  readonly title: string;
  readonly description: string | undefined;
  /** The type in the query. */
  readonly type: GraphQLInputType;
  readonly namedType: GraphQLNamedInputType;
  readonly isList: boolean;
  /** Whether the query needs a value and has no default. */
  readonly isRequired: boolean;
  /** The values if the URL has none. */
  readonly defaultTexts: readonly string[] | undefined;
  /** The report whose rows are the possible records. */
  readonly choicesOf?: string;
}

/** The parts of a parameter for messages: its name in URLs, and its title. */
type Named = Pick<Parameter, "name" | "title">;

/** An unusable part of a URL. The message is a sentence for its author. */
export class InvalidParameterError extends Error {
  readonly parameter: Named | undefined;
  /** Describes the error without the parameter's name. */
  readonly fault: string;
  /** Possible values, with their labels. */
  readonly suggestions: readonly { readonly value: string; readonly label: string }[];

  constructor(fault: string, parameter?: Named, suggestions: InvalidParameterError["suggestions"] = []) {
    super(parameter ? `${nameOf(parameter)} ${fault}` : fault);
    this.fault = fault;
    this.parameter = parameter;
    this.suggestions = suggestions;
  }
}

const MAX_SHOWN = 60;

/** Returns whether texts can be values of a type: scalars, enums, refs, and lists of them. */
export function canBeParameter(type: GraphQLInputType): boolean {
  const inner = getNullableType(type);
  const named = getNamedType(type);
  const isFlat = !isListType(inner) || !isListType(getNullableType(inner.ofType));
  return (
    isFlat && (isEnumType(named) || named.name === "Ref" || (isScalarType(named) && named.name !== "JSON"))
  );
}

/**
 * Reads the variables of a report from a URL. A missing parameter gets its default; an empty text omits the variable.
 * Throws an InvalidParameterError.
 */
export function readParameters(
  parameters: readonly Parameter[],
  texts: ReadonlyMap<string, readonly string[]>,
  today: string,
): Record<string, unknown> {
  const variables: Record<string, unknown> = {};
  for (const parameter of parameters) {
    const sent = texts.get(parameter.name) ?? parameter.defaultTexts ?? [];
    if (sent.length > 1 && !parameter.isList)
      throw new InvalidParameterError(
        `is given ${sent.length} times, but takes one value. Give it once.`,
        parameter,
      );
    const given = sent.filter((text) => text.trim() !== "");
    if (given.length > 0) variables[parameter.name] = readValue(parameter, given, today);
    else if (parameter.isRequired)
      throw new InvalidParameterError(
        `has no value, and this report needs one: add ${parameter.name}=… to the address.`,
        parameter,
      );
  }
  checkPeriod(parameters, variables);
  return variables;
}

/**
 * Throws an InvalidParameterError for a period that ends before it starts, since an empty table would look like an
 * answer.
 */
function checkPeriod(parameters: readonly Parameter[], variables: Readonly<Record<string, unknown>>) {
  const end = parameters.find(({ name }) => name === "to" || name === "until");
  const [from, to] = [variables.from, end && variables[end.name]];
  if (end?.namedType.name === "Date" && typeof from === "string" && typeof to === "string" && to < from)
    throw new InvalidParameterError(
      `is ${to}, which is before ${from}, the day it counts from. Write a later day.`,
      end,
    );
}

/** Returns the value of a variable. Throws an InvalidParameterError. */
function readValue(parameter: Parameter, texts: readonly string[], today: string) {
  const values = texts.map((text) => readText(parameter, text, today));
  const value = parameter.isList ? values : values[0];
  coerceInputValue(value, parameter.type, (_path, _value, { message }) => {
    throw badValue(parameter, texts.join(", "), message.replace(/\.?$/, "."));
  });
  return value;
}

/** Converts a text to a JSON value. Throws an InvalidParameterError. */
function readText(parameter: Parameter, text: string, today: string): unknown {
  const { namedType } = parameter;
  const trimmed = text.trim();
  switch (namedType.name) {
    case "Int":
    case "Float":
      if (/^-?\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
      throw badValue(parameter, text, "Write a number in digits, with a point before decimals.");
    case "Boolean":
      if (trimmed === "true" || trimmed === "false") return trimmed === "true";
      throw badValue(parameter, text, "Write true or false.");
    case "Date": {
      // A blank at the beginning stands for a plus.
      const day = parseDay(text.trimEnd(), today);
      if (day !== undefined) return day;
      throw badValue(
        parameter,
        text,
        "Write a day as YYYY-MM-DD, or today, startOfMonth, endOfQuarter and the like, followed by -3m or +2w (d, w, m, y).",
      );
    }
    case "Ref":
      if (isRef(trimmed)) return parseRefParameter(trimmed);
      throw badValue(
        parameter,
        trimmed,
        "Write an id such as Building:1075, Alma's number alone, or bitrix: and the id in Bitrix.",
      );
    case "Decimal":
      return trimmed;
    default:
      if (!isEnumType(namedType)) return text;
      if (namedType.getValue(trimmed)) return trimmed;
      throw badValue(
        parameter,
        text,
        `Write one of ${namedType
          .getValues()
          .map(({ name }) => name)
          .join(", ")}.`,
      );
  }
}

/** Returns whether a text is a ref, not a name: `Building:1075`, `1075`, or `bitrix:` and a Bitrix id. */
export const isRef = (text: string): boolean => /^(\d{1,10}|bitrix:.+|[A-Z][A-Za-z]*:\d{1,15})$/s.test(text);

/** Parses a ref: Alma's number, a Bitrix id, or any other id. */
export function parseRefParameter(text: string): object {
  if (/^\d+$/.test(text)) return { almaId: Number(text) };
  return text.startsWith("bitrix:") ? { externalId: text.slice("bitrix:".length) } : { id: text };
}

/** Prints the value of a parameter for a URL. */
export function printValue(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(printValue).join(", ");
  if (typeof value !== "object") return String(value);
  const { id, almaId, externalId } = value as Readonly<Record<string, unknown>>;
  return externalId === undefined ? String(id ?? almaId) : `bitrix:${externalId}`;
}

/** Quotes the beginning of a text for messages. */
export const quoteStart = (text: string): string => JSON.stringify(text.slice(0, MAX_SHOWN));

/** Returns the name of a parameter for messages: its name in URLs, with its title if that differs. */
const nameOf = ({ name, title }: Named) => (title === name ? name : `${name} (${title})`);

function badValue(parameter: Parameter, text: string, advice: string) {
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return new InvalidParameterError(`cannot be ${JSON.stringify(shown)}. ${advice}`, parameter);
}
