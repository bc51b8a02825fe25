/** Whether there is an e-mail address at all: several clients may have none. */
export function isEmailAddress(text: unknown): text is string {
  return typeof text === "string" && text.trim() !== "";
}

/** Whether two e-mail addresses are one for Alma: in whatever case, with blanks around it or without. */
export function isSameEmailAddress(one: unknown, other: unknown): boolean {
  return isEmailAddress(one) && isEmailAddress(other) && normalize(one) === normalize(other);
}

function normalize(address: string): string {
  return address.trim().toLowerCase();
}
