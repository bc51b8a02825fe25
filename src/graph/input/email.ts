import { stripBlanks } from "../../alma/index.ts";

/** Returns whether a value is an e-mail address. Empty text is not: Alma allows it for any number of clients. */
export function isEmailAddress(text: unknown): text is string {
  return typeof text === "string" && stripBlanks(text) !== "";
}

/**
 * Returns whether Alma treats two values as the same e-mail address, ignoring case and surrounding blanks.
 */
export function isSameEmailAddress(one: unknown, other: unknown): boolean {
  return isEmailAddress(one) && isEmailAddress(other) && normalizeEmail(one) === normalizeEmail(other);
}

/** Removes what Alma ignores in an e-mail address. */
export function normalizeEmail(address: string) {
  return stripBlanks(address).toLowerCase();
}

/**
 * Returns whether a caller may search clients by e-mail address. Without PERSONAL no outcome may depend on addresses,
 * since they could be guessed.
 */
export function canSearchByEmail({ scopes }: { readonly scopes: ReadonlySet<string> }): boolean {
  return scopes.has("PERSONAL");
}
