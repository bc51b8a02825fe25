import { externalIdProblem, isAlmaId, type Ref, stripBlanks } from "../../alma/index.ts";
import { type Kind, kindDefinitions, kinds } from "../../catalog/index.ts";
import type { RecordKind } from "../generated.ts";
import { badInput } from "./bad-input.ts";

/** Returns the name of a kind in the schema. */
export const kindName = (kind: Kind) => kind.replace(/[A-Z]/g, "_$&").toUpperCase() as RecordKind;

export const kindByName = Object.fromEntries(kinds.map((kind) => [kindName(kind), kind])) as Readonly<
  Record<RecordKind, Kind>
>;

/**
 * Trims every Bitrix id in the arguments of a mutation, as Alma does, so that locks, lookups, bodies and fingerprints
 * see the same form. Returns the same object if nothing changes.
 */
export function stripExternalIds(value: unknown, name?: string): unknown {
  if (typeof value === "string") {
    if (name === "externalId") return stripBlanks(value);
    // An empty additional id means none.
    return name === "additionalExternalId" ? stripBlanks(value) || null : value;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  const stripped = entries.map(([key, part]) => [key, stripExternalIds(part, key)] as const);
  return stripped.some(([, part], index) => part !== entries[index]?.[1])
    ? Object.fromEntries(stripped)
    : value;
}

/** The GraphQL input `Ref`. Exactly one field is given. */
export interface RefInput {
  readonly id?: string | null;
  readonly almaId?: number | null;
  readonly externalId?: string | null;
}

/** A valid ref with its possible types. A global id leaves one type. */
export interface ParsedRef {
  readonly ref: Ref;
  readonly types: readonly string[];
}

/**
 * Splits a global id such as `Unit:9199` into type and Alma id. Returns null if it is malformed. The type may
 * not exist.
 */
export function decodeGlobalId(text: string): { readonly type: string; readonly id: number } | null {
  const [, type = "", digits = ""] = /^([A-Za-z]+):([1-9][0-9]{0,9})$/.exec(text) ?? [];
  const id = Number(digits);
  return isAlmaId(id) ? { type, id } : null;
}

/** Why a `Ref` is invalid, and which field is wrong; null if the `Ref` does not have exactly one field. */
interface InvalidRef {
  readonly message: string;
  readonly field: "id" | "almaId" | "externalId" | null;
}

/**
 * Parses a `Ref` to a record of one of the types. A global id must be well-formed and of one of these types,
 * an Alma id within range, and a Bitrix id usable in a path of Alma's API. Blanks around a Bitrix id are
 * ignored.
 */
export function parseRef(
  { id, almaId, externalId }: RefInput,
  types: readonly string[],
): ParsedRef | InvalidRef {
  const given = [id, almaId, externalId].filter((value) => value != null);
  if (given.length !== 1) return { field: null, message: "give exactly one of id, almaId and externalId." };
  if (typeof almaId === "number") {
    if (isAlmaId(almaId)) return { ref: { id: almaId }, types };
    return {
      field: "almaId",
      message: `${almaId} is not an Alma id; those are whole numbers from 1 to 2147483647.`,
    };
  }
  if (typeof externalId === "string") {
    const stripped = stripBlanks(externalId);
    const reason = externalIdProblem(stripped);
    if (reason === undefined) return { ref: { externalId: stripped }, types };
    return {
      field: "externalId",
      message: `${JSON.stringify(externalId.slice(0, 60))} names nothing in Alma: ${reason}.`,
    };
  }
  return parseGlobalRef(String(id), types);
}

function parseGlobalRef(text: string, types: readonly string[]): ParsedRef | InvalidRef {
  const decoded = decodeGlobalId(text);
  const type = types.find((candidate) => candidate === decoded?.type);
  if (decoded !== null && type !== undefined) return { ref: { id: decoded.id }, types: [type] };
  const problem = decoded === null ? "is not an id" : `is an id of ${decoded.type}`;
  const examples = types.map((candidate) => `"${candidate}:9199"`).join(" or ");
  return {
    field: "id",
    message: `${JSON.stringify(text.slice(0, 60))} ${problem}; here an id looks like ${examples}.`,
  };
}

/** Like `parseRef`, but throws BAD_USER_INPUT for an invalid ref. `argument` is the path of the ref. */
export function parseRefOrThrow(input: RefInput, argument: string, types: readonly string[]): ParsedRef {
  const parsed = parseRef(input, types);
  if (!("message" in parsed)) return parsed;
  const { field, message } = parsed;
  throw badInput(field === null ? argument : `${argument}.${field}`, message);
}

const typeNames = kinds.map((kind) => kindDefinitions[kind].typeName);

/** Parses global ids, at most `maxPage`. Throws BAD_USER_INPUT for a malformed id and for more. */
export function parseGlobalIds(ids: readonly string[], maxPage: number): ParsedRef[] {
  if (ids.length > maxPage)
    throw badInput("ids", `${ids.length} ids are too many; ask for ${maxPage} at most.`);
  return ids.map((id, index) => parseGlobalId(id, `ids.${index}`));
}

/** Parses a global id, such as `Unit:9199`. Throws BAD_USER_INPUT. */
export function parseGlobalId(id: string, argument: string): ParsedRef {
  const decoded = decodeGlobalId(id);
  if (decoded && typeNames.includes(decoded.type)) return { ref: { id: decoded.id }, types: [decoded.type] };
  throw badInput(
    argument,
    `${JSON.stringify(id)} is not a record's id; an id looks like "Unit:9199" and begins with ${typeNames.join(", ")}.`,
  );
}
