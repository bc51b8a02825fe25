import { decimal } from "../../../alma/index.ts";
import type { JsonValue } from "./json-object.ts";
import { formatValue, type ReadResult } from "./read-result.ts";

/** Returns the exact digits of a plain number, without leading zeros; undefined for any other value. */
function parseDigits(raw: JsonValue) {
  const text = typeof raw === "number" ? String(raw) : typeof raw === "string" ? raw.trim() : "";
  if (text.length > 100 || !/^-?\d+(\.\d+)?$/.test(text)) return undefined;
  return text.replace(/^(-?)0+(?=\d)/, "$1");
}

/** Reads a 32-bit whole number. */
export function readInteger(raw: JsonValue): ReadResult {
  const parsed = parseDigits(raw);
  const number = parsed === undefined || !/^-?\d+(\.0+)?$/.test(parsed) ? NaN : Number(parsed);
  if (Math.abs(number) < 2 ** 31) return { value: number === 0 ? 0 : number };
  return { problem: `${formatValue(raw)} is not a whole number such as 2.` };
}

/** Reads a number as a float. */
export function parseNumberValue(raw: JsonValue): ReadResult {
  const parsed = parseDigits(raw);
  const number = parsed === undefined ? NaN : Number(parsed);
  return Number.isFinite(number)
    ? { value: number === 0 ? 0 : number }
    : { problem: `${formatValue(raw)} is not a number such as 45.5.` };
}

/** Reads an exact amount as text, from a number or from Bitrix's money format `5000|AED` in the mapping's currency. */
export function readAmount(raw: JsonValue, currency: string | undefined): ReadResult {
  const text = typeof raw === "string" ? raw.trim() : "";
  const bar = text.indexOf("|");
  if (bar < 0) {
    const parsed = parseDigits(raw);
    return parsed === undefined ? invalidAmount(raw) : { value: decimal.amountText(parsed) };
  }
  const amount = text.slice(0, bar).trim();
  if (amount === "") return { value: null };
  const parsed = parseDigits(amount);
  if (parsed === undefined) return invalidAmount(raw);
  const problem = currencyMismatch(text.slice(bar + 1), currency);
  return problem === undefined ? { value: decimal.amountText(parsed) } : { problem };
}

function invalidAmount(raw: JsonValue): ReadResult {
  return { problem: `${formatValue(raw)} is not an amount such as 5000, 1250.50 or 5000|AED.` };
}

/** Explains why an amount's currency does not match the mapping's; undefined if it does. */
export function currencyMismatch(code: string, currency: string | undefined): string | undefined {
  const normalizedCode = code.trim().toUpperCase();
  if (normalizedCode === "" || normalizedCode === currency) return undefined;
  const explanation =
    currency === undefined ? "the mapping names no currency" : `the mapping's is ${currency}`;
  return `the amount is in ${formatValue(normalizedCode)}, but ${explanation}; nothing is converted.`;
}
