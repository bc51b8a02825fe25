/** Whether there is an e-mail address at all: several clients may have none. */
export function isAddress(text: unknown): text is string {
  return typeof text === "string" && text.trim() !== "";
}

/** Whether two e-mail addresses are one for Alma: in whatever case, with blanks around it or without. */
export function isSameAddress(one: unknown, other: unknown): boolean {
  return isAddress(one) && isAddress(other) && plain(one) === plain(other);
}

function plain(address: string): string {
  return address.trim().toLowerCase();
}
