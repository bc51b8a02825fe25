import { FieldsByCode } from "./field-code.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json-object.ts";

/** The multifields of a contact, by Bitrix's type ids, with the field that `crm.item.get` adds for the work entry. */
const workFieldByType: Readonly<Record<string, string>> = { PHONE: "phoneWork", EMAIL: "emailWork" };

/** Returns the entries of a multifield. PHP serializes a list with gaps in its indexes as an object. */
export function multifieldEntries(raw: readonly JsonValue[] | JsonObject): readonly JsonValue[] {
  if (!isJsonObject(raw)) return raw;
  const values = Object.values(raw);
  return values.every(isJsonObject) ? values : [raw];
}

/**
 * Adds multifields in the form of `crm.contact.get` to an item of `crm.item.get`. The latter has all phones, e-mail
 * addresses and similar in one list `fm`, with texts such as `phone` and `phoneWork`; the former has a list for each
 * type (`PHONE`). Without `fm`, the work text takes precedence over the general one.
 */
export function withMultifields(item: JsonObject): JsonObject {
  const fields = new FieldsByCode(item);
  const all = fields.find("fm")?.value;
  const entries = typeof all === "object" && all !== null ? multifieldEntries(all) : undefined;
  const lists: Record<string, JsonValue> = {};
  for (const [type, workField] of Object.entries(workFieldByType)) {
    const own = fields.find(type);
    // A separate list is the form of `crm.contact.get`.
    if (typeof own?.value === "object" && own.value !== null) continue;
    const work = fields.find(workField)?.value;
    const code = own?.code ?? type;
    if (entries) lists[code] = entries.filter((entry) => typeOf(entry) === type);
    else if (typeof work === "string" && work.trim() !== "") lists[code] = work;
  }
  return { ...item, ...lists };
}

function typeOf(entry: JsonValue): JsonValue | undefined {
  const type = isJsonObject(entry) ? new FieldsByCode(entry).find("typeId")?.value : undefined;
  return typeof type === "string" ? type.toUpperCase() : type;
}
