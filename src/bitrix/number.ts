import type { JsonValue } from "./mapped.ts";
import { type Reading, shown } from "./reading.ts";

/** A number's digits as they stand, without superfluous zeros before them; undefined for what is no plain number. */
export function digits(raw: JsonValue): string | undefined {
  const text = typeof raw === "number" ? String(raw) : typeof raw === "string" ? raw.trim() : "";
  if (text.length > 100 || !/^-?\d+(\.\d+)?$/.test(text)) return undefined;
  return text.replace(/^(-?)0+(?=\d)/, "$1");
}

/** A whole number that Alma can hold. */
export function readWhole(raw: JsonValue): Reading {
  const found = digits(raw);
  const number = found === undefined || !/^-?\d+(\.0+)?$/.test(found) ? Number.NaN : Number(found);
  if (Math.abs(number) < 2 ** 31) return { value: number === 0 ? 0 : number };
  return { problem: `${shown(raw)} is no whole number such as 2.` };
}

/** A number of which the last digits do not matter. */
export function readNumber(raw: JsonValue): Reading {
  const found = digits(raw);
  const number = found === undefined ? Number.NaN : Number(found);
  return Number.isFinite(number)
    ? { value: number === 0 ? 0 : number }
    : { problem: `${shown(raw)} is no number such as 45.5.` };
}

/** An exact amount, as text: digits, or money as Bitrix has it, `5000|AED`, in the mapping's own currency. */
export function readAmount(raw: JsonValue, currency: string | undefined): Reading {
  const text = typeof raw === "string" ? raw.trim() : "";
  const bar = text.indexOf("|");
  if (bar < 0) {
    const found = digits(raw);
    return found === undefined ? noAmount(raw) : { value: found };
  }
  const amount = text.slice(0, bar).trim();
  if (amount === "") return { value: null };
  const found = digits(amount);
  if (found === undefined) return noAmount(raw);
  const problem = foreign(text.slice(bar + 1), currency);
  return problem === undefined ? { value: found } : { problem };
}

function noAmount(raw: JsonValue): Reading {
  return { problem: `${shown(raw)} is no amount such as 5000, 1250.50 or 5000|AED.` };
}

/** Why an amount in a currency cannot be taken over; undefined if it can. */
export function foreign(found: string, currency: string | undefined): string | undefined {
  const named = found.trim().toUpperCase();
  if (named === "" || named === currency) return undefined;
  const truth = currency === undefined ? "the mapping names no currency" : `the mapping's is ${currency}`;
  return `the amount is in ${shown(named)}, but ${truth}; nothing is converted.`;
}
