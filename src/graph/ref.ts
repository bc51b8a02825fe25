import type { Ref } from "../alma/ref.ts";
import { badInput } from "./errors.ts";

/** A GraphQL `Ref` as it comes in: exactly one of the three. */
export interface RefInput {
  readonly id?: string | null;
  readonly almaId?: number | null;
  readonly externalId?: string | null;
}

/** What a caller named: the record's ref, and the types that it may be of (one, if a global id said which). */
export interface Named<T extends string> {
  readonly ref: Ref;
  readonly types: readonly T[];
}

const MAX_ID = 2 ** 31 - 1;
const isAlmaId = (id: number): boolean => Number.isInteger(id) && id > 0 && id <= MAX_ID;

/** The global id of a record, readable and typed: `Unit:9199`. */
export function encodeId(type: string, id: number): string {
  return `${type}:${id}`;
}

/** The type and the Alma id in a global id, or null if it is none. The type need not exist. */
export function decodeId(text: string): { readonly type: string; readonly id: number } | null {
  const [, type = "", digits = ""] = /^([A-Za-z]+):([1-9][0-9]{0,9})$/.exec(text) ?? [];
  const id = Number(digits);
  return isAlmaId(id) ? { type, id } : null;
}

/** Why an external id cannot be asked for in a path of Alma's, or null if it can. */
function fault(externalId: string): string | null {
  if (externalId === "") return "it is empty";
  if (/\p{Cc}/u.test(externalId)) return "it has control characters";
  // Half of a surrogate pair has no percent-encoding.
  if (/\p{Cs}/u.test(externalId)) return "it has half a character";
  // Anything between here and Alma may take such a segment as a step in the path, percent-encoded or not.
  if (externalId.split(/[/\\]/).some((part) => part === "." || part === "..")) {
    return `it has "." or ".." as a part of a path`;
  }
  return null;
}

/**
 * Reads a `Ref` that must name a record of one of the types. `argument` is its path, for the refusal. Throws
 * BAD_USER_INPUT for a malformed global id, one of another type, an Alma id that is none, and an external id that
 * no call to Alma can carry.
 */
export function requestRef<T extends string>(
  input: RefInput,
  argument: string,
  types: readonly [T, ...T[]],
): Named<T> {
  const { id, almaId, externalId } = input;
  const given = [id, almaId, externalId].filter((value) => value !== null && value !== undefined);
  if (given.length !== 1) throw badInput(argument, "give exactly one of id, almaId and externalId.");
  if (typeof almaId === "number") {
    if (isAlmaId(almaId)) return { ref: { id: almaId }, types };
    throw badInput(
      `${argument}.almaId`,
      `${almaId} is no Alma id; those are whole numbers from 1 to ${MAX_ID}.`,
    );
  }
  if (typeof externalId === "string") {
    const reason = fault(externalId);
    if (reason === null) return { ref: { externalId }, types };
    throw badInput(
      `${argument}.externalId`,
      `${JSON.stringify(externalId)} names nothing in Alma: ${reason}.`,
    );
  }
  return named(String(id), `${argument}.id`, types);
}

function named<T extends string>(text: string, argument: string, types: readonly [T, ...T[]]): Named<T> {
  const found = decodeId(text);
  const type = types.find((one) => one === found?.type);
  if (found !== null && type !== undefined) return { ref: { id: found.id }, types: [type] };
  const truth = found === null ? "is no id" : `is the id of a ${found.type}`;
  const wanted = types.map((one) => `"${one}:9199"`).join(" or ");
  throw badInput(argument, `${JSON.stringify(text)} ${truth}; here an id looks like ${wanted}.`);
}
