import { AlmaError } from "../http/errors.ts";

/**
 * The characters removed by Python's `str.strip`, and so by Django REST Framework, which Alma seems to use.
 * JavaScript's `trim` differs: it keeps U+001C to U+001F and U+0085, and removes U+FEFF.
 */
const BLANKS = new Set(
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
);

/** Removes surrounding blanks, as Alma does. */
export function stripBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && BLANKS.has(text.charAt(start))) start++;
  while (start < end && BLANKS.has(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Returns whether two values are the same Bitrix id: not empty, and equal after removing surrounding blanks. */
export function isSameExternalId(one: unknown, other: unknown): boolean {
  if (typeof one !== "string" || typeof other !== "string") return false;
  const stripped = stripBlanks(one);
  return stripped !== "" && stripped === stripBlanks(other);
}

/** The maximum number of characters of a Bitrix id in Alma. */
export const MAX_EXTERNAL_ID = 255;

/** Returns why a trimmed Bitrix id cannot be sent in a path, as a clause that begins with "it"; undefined if it can. */
export function externalIdProblem(externalId: string): string | undefined {
  if (externalId === "") return "it is empty";
  if (externalId.length > MAX_EXTERNAL_ID)
    return `it has ${externalId.length} characters, more than ${MAX_EXTERNAL_ID}`;
  if (/\p{Cc}/u.test(externalId)) return "it has control characters";
  // An unpaired surrogate has no percent-encoding.
  if (/\p{Cs}/u.test(externalId)) return "it has half a character";
  // A proxy may resolve such a segment as a path step, even if percent-encoded.
  if (externalId.split(/[/\\]/).some((part) => part === "." || part === ".."))
    return `it has "." or ".." as a part of a path`;
  return undefined;
}

/** A reference to a record by Alma id or Bitrix id (`external_id`). */
export type Ref = { readonly id: number } | { readonly externalId: string };

/** Formats `unit 9199`, or `unit with the Bitrix id "21_01"`, for messages. */
export function describeRef(noun: string, ref: Ref): string {
  return "id" in ref ? `${noun} ${ref.id}` : `${noun} with the Bitrix id ${quote(ref.externalId)}`;
}

/**
 * Returns whether a value is an Alma id: an integer from 1 to 2,147,483,647, the maximum of GraphQL's Int.
 */
export function isAlmaId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31;
}

/** Encodes a ref as a path segment. Throws BAD_USER_INPUT if no path can contain it. */
export function encodeRef(noun: string, ref: Ref): string {
  if ("id" in ref) {
    if (isAlmaId(ref.id)) return String(ref.id);
    throw invalidRef(noun, String(ref.id), "Alma's ids are whole numbers from 1 to 2147483647");
  }
  const problem = externalIdProblem(ref.externalId);
  if (problem !== undefined)
    throw invalidRef(noun, quote(ref.externalId), `${problem}, so it cannot be part of a path`);
  return encodeURIComponent(ref.externalId);
}

/**
 * Returns whether a 404 for this ref proves that there is no such record. Servers and proxies interpret some characters
 * in a path differently, encoded or not, so the 404 may concern another path.
 */
export function isPathSafe(ref: Ref): boolean {
  return "id" in ref || !/[/\\%?#]/.test(ref.externalId);
}

function invalidRef(noun: string, value: string, reason: string) {
  return new AlmaError(
    "BAD_USER_INPUT",
    `A ${noun} was requested by ${value}, but ${reason}. Correct the value.`,
  );
}

function quote(text: string) {
  const shortened = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return JSON.stringify(shortened);
}
