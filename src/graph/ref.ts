import type { Ref } from "../alma/index.ts";
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
export function unaskable(externalId: string): string | null {
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

/** Why a `Ref` cannot name a record, and where in it that shows. */
export interface RefFault {
  readonly fault: string;
  readonly at: "id" | "almaId" | "externalId" | null;
}

/**
 * Reads a `Ref` that must name a record of one of the types. At fault are a malformed global id, one of another type,
 * an Alma id that is none, and an external id that no call to Alma can carry.
 */
export function parseRef<T extends string>(
  { id, almaId, externalId }: RefInput,
  types: readonly [T, ...T[]],
): Named<T> | RefFault {
  const given = [id, almaId, externalId].filter((value) => value !== null && value !== undefined);
  if (given.length !== 1) return { at: null, fault: "give exactly one of id, almaId and externalId." };
  if (typeof almaId === "number") {
    if (isAlmaId(almaId)) return { ref: { id: almaId }, types };
    return { at: "almaId", fault: `${almaId} is no Alma id; those are whole numbers from 1 to ${MAX_ID}.` };
  }
  if (typeof externalId === "string") {
    const reason = unaskable(externalId);
    if (reason === null) return { ref: { externalId }, types };
    return { at: "externalId", fault: `${JSON.stringify(externalId)} names nothing in Alma: ${reason}.` };
  }
  return parseGlobal(String(id), types);
}

function parseGlobal<T extends string>(text: string, types: readonly [T, ...T[]]): Named<T> | RefFault {
  const found = decodeId(text);
  const type = types.find((one) => one === found?.type);
  if (found !== null && type !== undefined) return { ref: { id: found.id }, types: [type] };
  const truth = found === null ? "is no id" : `is the id of a ${found.type}`;
  const wanted = types.map((one) => `"${one}:9199"`).join(" or ");
  return { at: "id", fault: `${JSON.stringify(text)} ${truth}; here an id looks like ${wanted}.` };
}

/** Reads a `Ref` as `parseRef` does. `argument` is its path, for the refusal. Throws BAD_USER_INPUT for one at fault. */
export function requestRef<T extends string>(
  input: RefInput,
  argument: string,
  types: readonly [T, ...T[]],
): Named<T> {
  const parsed = parseRef(input, types);
  if (!("fault" in parsed)) return parsed;
  const { at, fault } = parsed;
  throw badInput(at === null ? argument : `${argument}.${at}`, fault);
}
