import { AlmaError } from "../http/errors.ts";
import { externalIdProblem } from "./external-id.ts";

/** A reference to one record: by Alma's id, or by its Bitrix id (`external_id`). */
export type Ref = { readonly id: number } | { readonly externalId: string };

/** `unit 9199`, or `unit with the Bitrix id "21_01"`: for messages. */
export function describeRef(noun: string, ref: Ref): string {
  return "id" in ref ? `${noun} ${ref.id}` : `${noun} with the Bitrix id ${quote(ref.externalId)}`;
}

/** Whether a value is an id of Alma: a whole number from 1 to 2,147,483,647, the maximum of GraphQL's Int. */
export function isAlmaId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31;
}

/** A ref as one segment of a path, percent-encoded. Throws BAD_USER_INPUT for a ref that no path can carry. */
export function encodeRef(noun: string, ref: Ref): string {
  if ("id" in ref) {
    if (isAlmaId(ref.id)) return String(ref.id);
    throw invalidRef(noun, String(ref.id), "Alma's ids are whole numbers from 1 to 2147483647");
  }
  const problem = externalIdProblem(ref.externalId);
  if (problem !== undefined)
    throw invalidRef(noun, quote(ref.externalId), `${problem}, so that no path can carry it`);
  return encodeURIComponent(ref.externalId);
}

/**
 * Whether a 404 for this ref means that there is no such record. Servers and proxies disagree on what these characters
 * mean in a path, encoded or not, so that the 404 may be about another path.
 */
export function isPathSafe(ref: Ref): boolean {
  return "id" in ref || !/[/\\%?#]/.test(ref.externalId);
}

function invalidRef(noun: string, value: string, reason: string): AlmaError {
  return new AlmaError(
    "BAD_USER_INPUT",
    `A ${noun} was asked for by ${value}, but ${reason}. Correct the value.`,
  );
}

function quote(text: string): string {
  const shortened = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return JSON.stringify(shortened);
}
