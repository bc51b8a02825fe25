/** Whether a value is an e-mail address. Empty text is not: Alma allows it for any number of clients. */
export function isEmailAddress(text: unknown): text is string {
  return typeof text === "string" && text.trim() !== "";
}

/** Whether two values are the same e-mail address for Alma, which ignores case and surrounding blanks. */
export function isSameEmailAddress(one: unknown, other: unknown): boolean {
  return isEmailAddress(one) && isEmailAddress(other) && normalize(one) === normalize(other);
}

function normalize(address: string): string {
  return address.trim().toLowerCase();
}
