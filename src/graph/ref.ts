import { isAlmaId, type Ref, unaskable } from "../alma/index.ts";
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

/** The type and the Alma id in a global id, such as `Unit:9199`, or null if it is none. The type need not exist. */
export function decodeId(text: string): { readonly type: string; readonly id: number } | null {
  const [, type = "", digits = ""] = /^([A-Za-z]+):([1-9][0-9]{0,9})$/.exec(text) ?? [];
  const id = Number(digits);
  return isAlmaId(id) ? { type, id } : null;
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
    return { at: "almaId", fault: `${almaId} is no Alma id; those are whole numbers from 1 to 2147483647.` };
  }
  if (typeof externalId === "string") {
    const reason = unaskable(externalId);
    if (reason === undefined) return { ref: { externalId }, types };
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

/**
 * Reads a `Ref` as `parseRef` does. `argument` is its path, for the refusal. Throws BAD_USER_INPUT for one at fault.
 */
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
