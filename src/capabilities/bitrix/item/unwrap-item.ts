import { isJsonObject, type JsonObject, type JsonValue } from "./json-object.ts";
import { withMultifields } from "./multifield.ts";
import { formatValue } from "./read-result.ts";

/** The maximum nesting of an item: answer, result, list and item, and two more levels. */
const MAX_DEPTH = 6;

/**
 * The maximum number of values of an item, including nested ones: many times the number in an item with files and
 * lists.
 */
const MAX_VALUES = 10_000;

const EXPECTED_FORMAT =
  'Send one item as Bitrix returned it: {"result": {"item": {"id": 7, ...}}}, {"result": {"ID": "7", ...}} or only ' +
  "the item itself.";

/** Extracts the single item from an answer of Bitrix, or explains what to send. */
export function unwrapItem(input: JsonValue): { readonly item: JsonObject } | { readonly problem: string } {
  let value: JsonValue | undefined = input;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    if (Array.isArray(value)) {
      if (value.length !== 1) {
        const found = value.length === 0 ? "no item" : `${value.length} items in a list`;
        return { problem: `One item was expected; there is ${found}. ${EXPECTED_FORMAT}` };
      }
      value = value[0];
    } else if (isJsonObject(value)) {
      const inner = innerOf(value);
      if (inner === undefined && isErrorResponse(value)) break;
      if (inner === undefined) return itemOf(value);
      value = inner;
    } else break;
  }
  if (isJsonObject(value) && isErrorResponse(value))
    return {
      problem: `Bitrix returned an error (${formatValue(value.error ?? null)}) and no item. ${EXPECTED_FORMAT}`,
    };
  return { problem: `An item is a JSON object; ${describeValue(value)} was sent. ${EXPECTED_FORMAT}` };
}

function itemOf(object: JsonObject): ReturnType<typeof unwrapItem> {
  if (!hasTooManyValues(object)) return { item: withMultifields(object) };
  return { problem: `An item may have ${MAX_VALUES} values; more were sent. ${EXPECTED_FORMAT}` };
}

/**
 * Counts without recursion, since an item may be nested deeper than the stack allows, and with `for in`, since
 * `Object.values` of 100,000 fields takes 100 ms.
 */
function hasTooManyValues(item: JsonObject) {
  const parents = [item];
  let count = 0;
  for (const parent of parents) {
    for (const key in parent) {
      count += 1;
      if (count > MAX_VALUES) return true;
      const value = parent[key];
      if (typeof value === "object" && value !== null) parents.push(value as JsonObject);
    }
  }
  return false;
}

/** Returns whether an object is an error of Bitrix: `{"error": "NOT_FOUND", "error_description": "..."}`. */
const isErrorResponse = (object: JsonObject) =>
  typeof object.error === "string" && Object.hasOwn(object, "error_description");

/** Returns the content of an answer or result; undefined for an item. */
function innerOf(object: JsonObject): JsonValue | undefined {
  for (const name of ["result", "item", "items"]) {
    const inner = Object.hasOwn(object, name) ? object[name] : undefined;
    if (typeof inner === "object" && inner !== null && !("id" in object || "ID" in object)) return inner;
  }
  return undefined;
}

function describeValue(value: JsonValue | undefined) {
  if (value === null || value === undefined) return "null";
  if (typeof value === "object") return "something wrapped too often";
  return typeof value === "boolean" ? String(value) : `a ${typeof value === "string" ? "text" : "number"}`;
}
