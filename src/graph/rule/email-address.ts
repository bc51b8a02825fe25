import { stripBlanks } from "../../alma/index.ts";

/** Whether a value is an e-mail address. Empty text is not: Alma allows it for any number of clients. */
export function isEmailAddress(text: unknown): text is string {
  return typeof text === "string" && stripBlanks(text) !== "";
}

/** Whether two values are the same e-mail address for Alma, which ignores case and surrounding blanks. */
export function isSameEmailAddress(one: unknown, other: unknown): boolean {
  return isEmailAddress(one) && isEmailAddress(other) && normalizeEmail(one) === normalizeEmail(other);
}

/** An e-mail address without what Alma ignores. */
export function normalizeEmail(address: string): string {
  return stripBlanks(address).toLowerCase();
}

/**
 * Whether a caller may search clients by e-mail address. For a caller without PERSONAL, no outcome depends on the
 * addresses of clients, since it could guess them.
 */
export function canSearchByEmail({ scopes }: { readonly scopes: ReadonlySet<string> }): boolean {
  return scopes.has("PERSONAL");
}
