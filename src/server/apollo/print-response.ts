import type { FormattedExecutionResult } from "graphql";
import type { Steps } from "../../graph/index.ts";

/** So many values are printed at once: that takes a few milliseconds. */
const maxValuesAtOnce = 20_000;

/**
 * Prints a response as JSON in steps, with the keys in the order of GraphQL over HTTP; undefined if it exceeds the
 * longest possible string.
 */
export function* printResponse({
  errors,
  data,
  extensions,
}: FormattedExecutionResult): Steps<string | undefined> {
  try {
    return yield* print({ errors, data, extensions });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function* print(value: unknown): Steps<string> {
  if (countValues(value, maxValuesAtOnce) <= maxValuesAtOnce) {
    const text = JSON.stringify(value);
    yield;
    return text;
  }
  return Array.isArray(value) ? yield* printList(value) : yield* printObject(value as object);
}

function* printObject(object: object): Steps<string> {
  const fields: string[] = [];
  for (const [key, value] of Object.entries(object))
    if (value !== undefined) fields.push(`${JSON.stringify(key)}:${yield* print(value)}`);
  return `{${fields.join(",")}}`;
}

/** Prints as many items together as have few values in all. */
function* printList(list: readonly unknown[]): Steps<string> {
  const parts: string[] = [];
  let first = 0;
  let count = 0;
  for (const [index, item] of list.entries()) {
    const itemCount = countValues(item, maxValuesAtOnce);
    if (index > first && count + itemCount > maxValuesAtOnce) {
      parts.push(yield* printItems(list.slice(first, index)));
      first = index;
      count = 0;
    }
    count += itemCount;
  }
  parts.push(yield* printItems(list.slice(first)));
  return `[${parts.join(",")}]`;
}

/** Prints items without the brackets of their list. */
function* printItems(items: readonly unknown[]): Steps<string> {
  if (items.length === 1) return yield* print(items[0] ?? null);
  yield;
  return JSON.stringify(items).slice(1, -1);
}

/** How many values there are in a value, itself included; no more than one beyond `max`. */
function countValues(value: unknown, max: number): number {
  if (typeof value !== "object" || value === null) return 1;
  let count = 1;
  for (const key in value) {
    count += countValues((value as Readonly<Record<string, unknown>>)[key], max - count);
    if (count > max) break;
  }
  return count;
}
