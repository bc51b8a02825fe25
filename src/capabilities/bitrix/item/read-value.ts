import { isCalendarDate } from "../../../alma/index.ts";
import { FieldsByCode } from "./field-code.ts";
import { isJsonObject, type JsonValue } from "./json-object.ts";
import type { FileLink } from "./mapped-item.ts";
import { multifieldEntries } from "./multifield.ts";
import { formatValue, isEmpty, type ReadResult } from "./read-result.ts";

/** Reads a text; numbers become text. */
export function readText(raw: JsonValue): ReadResult {
  if (typeof raw === "string") return { value: raw };
  return typeof raw === "number" ? { value: String(raw) } : { problem: `${formatValue(raw)} is not text.` };
}

const yesWords = new Set(["Y", "1", "TRUE"]);
const noWords = new Set(["N", "0", "FALSE"]);

/** Reads a yes/no value in any of Bitrix's spellings. */
export function readYesNo(raw: JsonValue): ReadResult {
  const text = typeof raw === "object" ? "" : String(raw).trim().toUpperCase();
  if (yesWords.has(text) || noWords.has(text)) return { value: yesWords.has(text) };
  return { problem: `${formatValue(raw)} is neither yes (Y, 1, true) nor no (N, 0, false).` };
}

/** Reads the leading calendar date as `YYYY-MM-DD`. Ignores a time and zone after it. */
export function readDate(raw: JsonValue): ReadResult {
  const text = typeof raw === "string" ? raw.trim() : "";
  const [, iso, dd, mm, yyyy] =
    /^(?:(\d{4}-\d\d-\d\d)|(\d\d)\.(\d\d)\.(\d{4}))(?:$|[T ]\d\d:\d\d)/.exec(text) ?? [];
  const day = iso ?? `${yyyy}-${mm}-${dd}`;
  if (isCalendarDate(day)) return { value: day };
  return { problem: `${formatValue(raw)} is not a day such as 2025-08-21 or 21.08.2025.` };
}

/**
 * Reads a multifield of a contact (phones, e-mail addresses): the work entry, else the first, or a plain
 * text.
 */
export function readMultifield(raw: JsonValue): ReadResult {
  if (!Array.isArray(raw) && !isJsonObject(raw)) return readText(raw);
  const items = multifieldEntries(raw)
    .filter((item) => !isEmpty(item))
    .map(readMultifieldItem);
  if (items.some(({ value }) => value === undefined))
    return { problem: 'it has an object without "VALUE". Send the field as crm.contact.get returns it.' };
  const filledItems = items.filter(({ value }) => !isEmpty(value ?? null));
  const { value = null } = filledItems.find(({ type }) => type === "WORK") ?? filledItems[0] ?? {};
  return value === null ? { value } : readText(value);
}

/** Reads an entry of a multifield. The value is undefined for an object without `VALUE`. */
function readMultifieldItem(item: JsonValue) {
  if (!isJsonObject(item)) return { value: item, type: undefined };
  const fields = new FieldsByCode(item);
  return { value: fields.find("VALUE")?.value, type: fields.find("VALUE_TYPE")?.value };
}

/** Reads the files of a field by their `urlMachine` links. */
export function readFiles(raw: JsonValue): ReadResult {
  const items: readonly JsonValue[] = Array.isArray(raw) ? raw.filter((entry) => !isEmpty(entry)) : [raw];
  const links: FileLink[] = [];
  for (const item of items) {
    const link = fileLinkOf(item);
    if (link === undefined) {
      const found = isJsonObject(item) ? "an object without a link in urlMachine" : formatValue(item);
      return {
        problem: `it has ${found}, from which Alma cannot get the file. Send the field as crm.item.get returns it: {"id": 9, "url": "...", "urlMachine": "https://..."}.`,
      };
    }
    links.push({ link });
  }
  return { value: links.length === 0 ? null : links };
}

/** Reads the first file of a field: Alma stores one scan per field (Alma: Contracts). */
export function readFile(raw: JsonValue): ReadResult {
  const result = readFiles(Array.isArray(raw) ? raw.filter((entry) => !isEmpty(entry)).slice(0, 1) : raw);
  return "value" in result && Array.isArray(result.value) ? { value: result.value[0] ?? null } : result;
}

function fileLinkOf(item: JsonValue) {
  const link = isJsonObject(item) ? new FieldsByCode(item).find("urlMachine")?.value : item;
  return typeof link === "string" && /^https?:\/\//i.test(link.trim()) && URL.canParse(link.trim())
    ? link.trim()
    : undefined;
}
