import { isCalendarDate } from "../../alma/index.ts";
import { FieldsByCode } from "./field-code.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import type { FileLink } from "./mapped-item.ts";
import { formatValue, isEmpty, type ReadResult } from "./read-result.ts";

/** A text as it is; numbers are printed. */
export function readText(raw: JsonValue): ReadResult {
  if (typeof raw === "string") return { value: raw };
  return typeof raw === "number" ? { value: String(raw) } : { problem: `${formatValue(raw)} is no text.` };
}

const yesWords = new Set(["Y", "1", "TRUE"]);
const noWords = new Set(["N", "0", "FALSE"]);

/** Bitrix's ways to say yes and no. */
export function readYesNo(raw: JsonValue): ReadResult {
  const word = typeof raw === "object" ? "" : String(raw).trim().toUpperCase();
  if (yesWords.has(word) || noWords.has(word)) return { value: yesWords.has(word) };
  return { problem: `${formatValue(raw)} is neither yes (Y, 1, true) nor no (N, 0, false).` };
}

/** The day `YYYY-MM-DD` that stands at the beginning. What follows, a time and its zone, moves no day. */
export function readDate(raw: JsonValue): ReadResult {
  const text = typeof raw === "string" ? raw.trim() : "";
  const [, iso, dd, mm, yyyy] =
    /^(?:(\d{4}-\d\d-\d\d)|(\d\d)\.(\d\d)\.(\d{4}))(?:$|[T ]\d\d:\d\d)/.exec(text) ?? [];
  const day = iso ?? `${yyyy}-${mm}-${dd}`;
  if (isCalendarDate(day)) return { value: day };
  return { problem: `${formatValue(raw)} is no day such as 2025-08-21 or 21.08.2025.` };
}

/** One of several phone numbers or addresses of a contact: the work one, else the first. A plain text is itself. */
export function readMultifield(raw: JsonValue): ReadResult {
  if (!Array.isArray(raw) && !isJsonObject(raw)) return readText(raw);
  const items = multifieldItems(raw)
    .filter((item) => !isEmpty(item))
    .map(readMultifieldItem);
  if (items.some(({ value }) => value === undefined))
    return { problem: 'it has an object without "VALUE". Send the field as crm.contact.get answers it.' };
  const given = items.filter(({ value }) => !isEmpty(value ?? null));
  const { value = null } = given.find(({ type }) => type === "WORK") ?? given[0] ?? {};
  return value === null ? { value } : readText(value);
}

/** The entries of a list. PHP prints one with gaps in its numbers as an object. */
function multifieldItems(raw: readonly JsonValue[] | JsonObject): readonly JsonValue[] {
  if (!isJsonObject(raw)) return raw;
  const values = Object.values(raw);
  return values.every(isJsonObject) ? values : [raw];
}

/** One entry; its value is undefined if it is an object that has none. */
function readMultifieldItem(item: JsonValue): {
  readonly value: JsonValue | undefined;
  readonly type: JsonValue | undefined;
} {
  if (!isJsonObject(item)) return { value: item, type: undefined };
  const fields = new FieldsByCode(item);
  return { value: fields.find("VALUE")?.value, type: fields.find("VALUE_TYPE")?.value };
}

/** The files of a field, by the links that Bitrix makes for machines. */
export function readFiles(raw: JsonValue): ReadResult {
  const items: readonly JsonValue[] = Array.isArray(raw) ? raw.filter((one) => !isEmpty(one)) : [raw];
  const links: FileLink[] = [];
  for (const item of items) {
    const link = fileLinkOf(item);
    if (link === undefined) {
      const found = isJsonObject(item) ? "an object without a link in urlMachine" : formatValue(item);
      return {
        problem: `it has ${found}, by which Alma cannot be given the file. Send the field as crm.item.get answers it: {"id": 9, "url": "...", "urlMachine": "https://..."}.`,
      };
    }
    links.push({ link });
  }
  return { value: links.length === 0 ? null : links };
}

/** The file of a field. Of several the first counts: Alma has room for one, and its document does not say which. */
export function readFile(raw: JsonValue): ReadResult {
  const result = readFiles(Array.isArray(raw) ? raw.filter((one) => !isEmpty(one)).slice(0, 1) : raw);
  return "value" in result && Array.isArray(result.value) ? { value: result.value[0] ?? null } : result;
}

function fileLinkOf(item: JsonValue): string | undefined {
  const link = isJsonObject(item) ? new FieldsByCode(item).find("urlMachine")?.value : item;
  return typeof link === "string" && /^https?:\/\//i.test(link.trim()) && URL.canParse(link.trim())
    ? link.trim()
    : undefined;
}
