import type { FieldsByCode } from "./code.ts";
import { firstFilled } from "./field-value.ts";
import type { ItemFault, ItemKind, JsonValue, MappedLink } from "./mapped.ts";
import type { LinkEntry } from "./mapping-entry.ts";
import { single } from "./reading.ts";
import { itemWords } from "./record.ts";

/** An id in Bitrix, or undefined for what is none: 0 is how Bitrix says that there is no other item. */
export function idIn(raw: JsonValue): string | undefined {
  const id = typeof raw === "number" || typeof raw === "string" ? String(raw).trim() : "";
  return id === "" || id === "0" || id.length > 200 || /[\p{Cc}\p{Cs}]/u.test(id) ? undefined : id;
}

/** Bitrix's letters for the entity types that have them. */
const LETTERS: Readonly<Record<string, string>> = { L: "1", D: "2", C: "3", CO: "4" };

/**
 * The item of another kind that an item names, nothing if it may name none, or what is wrong. `entityType` is that of
 * the other kind, if the mapping knows it.
 */
export function readLink(
  fields: FieldsByCode,
  kind: ItemKind,
  { from = [], optional, several }: LinkEntry,
  entityType: string | undefined,
): { readonly link?: MappedLink; readonly fault?: ItemFault } {
  const found = firstFilled(fields, from, isNone);
  const code = from.join(" or ");
  if (found === undefined || isNone(found.value)) {
    if (optional) return {};
    const truth =
      found === undefined ? `there is no ${code} in it` : `${JSON.stringify(found.code)} is empty`;
    const message = `This item must name ${itemWords[kind]}, but ${truth}. Set it in Bitrix, or send the item with that field.`;
    return { fault: { code: "MISSING_LINK", message, field: found?.code ?? from[0] ?? "" } };
  }
  const value = untyped(found.value, entityType);
  const read = single(value, several && "first");
  const id = "one" in read ? idIn(read.one) : undefined;
  const others = several === "all" ? otherIds(value, id) : [];
  if (id !== undefined)
    return { link: { kind, id, from: found.mapped, ...(others.length > 0 && { others }) } };
  const problem =
    "problem" in read ? read.problem : "it has no id of such an item. Send the field as Bitrix answers it.";
  const message = `${JSON.stringify(found.code)} should name ${itemWords[kind]}, but ${problem}`;
  return { fault: { code: "INVALID", message, field: found.code } };
}

/**
 * The plain ids in a field. One that may name items of several entity types has their types before the ids: `T90_12`,
 * with the type in hexadecimal digits, or `C_31`. Those of another type than the wanted one are left out.
 */
function untyped(raw: JsonValue, wanted: string | undefined): JsonValue {
  // One step down only: what is nested deeper is no id.
  if (Array.isArray(raw)) return raw.map((one) => (Array.isArray(one) ? one : untyped(one, wanted)));
  const [, letters = "", hexadecimal, id] =
    (typeof raw === "string" && /^\s*([A-Z]{1,2}?)([0-9a-f]*)_(\d+)\s*$/i.exec(raw)) || [];
  if (id === undefined) return raw;
  const type =
    letters.toUpperCase() === "T" && hexadecimal
      ? String(Number.parseInt(hexadecimal, 16))
      : LETTERS[(letters + hexadecimal).toUpperCase()];
  if (type === undefined) return raw;
  return wanted === undefined || type === wanted ? id : null;
}

function otherIds(raw: JsonValue, first: string | undefined): readonly string[] {
  const entries: readonly JsonValue[] = Array.isArray(raw) ? raw : [];
  return [...new Set(entries.map(idIn))].filter((id): id is string => id !== undefined && id !== first);
}

function isNone(raw: JsonValue): boolean {
  const entries: readonly JsonValue[] = Array.isArray(raw) ? raw : [raw];
  return entries.every((one) => one === null || one === false || one === 0 || /^\s*0?\s*$/.test(textOf(one)));
}

const textOf = (one: JsonValue): string => (typeof one === "string" ? one : "x");
