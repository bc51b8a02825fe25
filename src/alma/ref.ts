import { AlmaError } from "./errors.ts";

/** How a caller names one record: by Alma's id, or by its Bitrix id (`external_id`). One value from SDL to path. */
export type Ref = { readonly id: number } | { readonly externalId: string };

/** `unit 9199`, or `unit with the Bitrix id "21_01"`: for messages. */
export function describe(kind: string, ref: Ref): string {
  return "id" in ref ? `${kind} ${ref.id}` : `${kind} with the Bitrix id ${quoted(ref.externalId)}`;
}

/**
 * A ref as one segment of a path, percent-encoded. Throws BAD_USER_INPUT for what no path can carry: an id below 1, or
 * an external id that is empty, has a control character, or a segment `.` or `..` that servers on the way may resolve.
 */
export function segment(kind: string, ref: Ref): string {
  if ("id" in ref) {
    if (Number.isSafeInteger(ref.id) && ref.id > 0) return String(ref.id);
    throw refused(kind, String(ref.id), "Alma's ids are whole numbers from 1");
  }
  const { externalId } = ref;
  if (externalId === "") throw refused(kind, '""', "a Bitrix id has at least one character");
  if (/[\p{Cc}\p{Cs}]/u.test(externalId)) {
    throw refused(kind, quoted(externalId), "a Bitrix id has no control characters");
  }
  if (externalId.split(/[/\\]/).some((part) => part === "." || part === "..")) {
    throw refused(kind, quoted(externalId), 'a Bitrix id with a part "." or ".." cannot be asked for');
  }
  return encodeURIComponent(externalId);
}

/**
 * Whether a 404 for this ref can be believed. Servers and proxies disagree on what these characters mean in a path,
 * encoded or not, so that a 404 may come from a path that was taken apart.
 */
export function isPlain(ref: Ref): boolean {
  return "id" in ref || !/[/\\%?#]/.test(ref.externalId);
}

function refused(kind: string, value: string, why: string): AlmaError {
  return new AlmaError(
    "BAD_USER_INPUT",
    `A ${kind} was asked for by ${value}, but ${why}. Correct the value.`,
  );
}

function quoted(text: string): string {
  const short = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return JSON.stringify(short);
}
