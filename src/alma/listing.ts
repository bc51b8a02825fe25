import { AlmaError } from "./errors.ts";
import { type Decoder, isObject } from "./field.ts";
import type { Decoded, Listing } from "./reading.ts";

/**
 * All entries of a list; one that cannot be read is counted. Alma documents a bare array; the wrapped one of Django's
 * paging will do if it is complete. Throws ALMA_BAD_ANSWER: a part of a list must not pass for the whole.
 */
export function listing<T>(
  json: unknown,
  what: string,
  decode: Decoder<T>,
  onStrange: (field: string) => void,
): Listing<T> {
  const items: Decoded<T>[] = [];
  let unreadable = 0;
  for (const entry of entries(json, what)) {
    const decoded = decode(entry, onStrange);
    if (decoded === undefined) unreadable++;
    else items.push(decoded);
  }
  return { items, unreadable };
}

function entries(json: unknown, what: string): readonly unknown[] {
  if (Array.isArray(json)) return json;
  if (isObject(json) && Array.isArray(json.results)) {
    const whole = typeof json.count !== "number" || json.count === json.results.length;
    if (whole && (json.next === undefined || json.next === null)) return json.results;
    throw bad(what, "answered with only a page of it, though its lists have no pages");
  }
  throw bad(what, "answered with something else than a list");
}

function bad(what: string, found: string): AlmaError {
  const check = "The operator has to check that ALMA_URL is the address of Alma's external API.";
  return new AlmaError("ALMA_BAD_ANSWER", `Alma was asked for ${what} and ${found}. ${check}`);
}
