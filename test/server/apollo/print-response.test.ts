import { expect, test } from "vitest";
import { JsonText } from "../../../src/graph/index.ts";
import { printResponse } from "../../../src/server/apollo/print-answer.ts";
import { complete } from "../../support/steps.ts";

const row = (n: number) => ({ id: n, name: `Unit "${n}"`, building: { name: null, rooms: [n, n + 1] } });
const rows = (count: number) => Array.from({ length: count }, (_, n) => row(n));

type Data = Record<string, unknown>;
/** The data of a query: text in parts. */
const textOf = (data: Data) =>
  new JsonText(JSON.stringify(data).match(/.{1,4096}/gsu) ?? []) as unknown as Data;
const print = (response: Parameters<typeof printResponse>[0]) => complete(printResponse(response));
const errors = [{ message: 'No "unit"', path: ["units", 0], extensions: { code: "NOT_FOUND" } }];

test.each<[string, Data]>([
  ["nothing", {}],
  ["a few rows", { units: { nodes: rows(3), totalCount: 3 } }],
  ["many rows", { units: { nodes: rows(20_000) }, again: { nodes: rows(20_000) }, last: 1 }],
  ["long texts", { texts: Array(40).fill("й".repeat(1_000_000)), empty: {}, none: [], one: [rows(30_000)] }],
])("%s are printed as JSON.stringify prints them", (_, data) => {
  const extensions = { alma: { calls: 0 } };
  for (const given of [data, textOf(data)]) {
    const { text } = print({ extensions, data: given, errors });
    expect(String(text) === JSON.stringify({ errors, data, extensions })).toBe(true);
    expect(String(print({ data: given }).text) === JSON.stringify({ data })).toBe(true);
  }
  expect(print({ errors, data: null }).text).toBe(JSON.stringify({ errors, data: null }));
});

test.each<[string, Data]>([
  ["a field of that name", { units: 1, extensions: { nodes: rows(3) }, last: 2 }],
  ["a text with that name", { units: [',"extensions":{', '"extensions":'], last: "й" }],
  ["many rows of that name", { units: 1, extensions: rows(30_000), last: "й" }],
])("the head ends before the extensions, whatever is called so: %s", (_, data) => {
  const head = JSON.stringify({ data }).slice(0, -1);
  const withErrors = JSON.stringify({ errors, data }).slice(0, -1);
  for (const extensions of [undefined, {}, { alma: { calls: 0, extensions: 1 }, extensions: "й" }]) {
    expect(String(print({ data: textOf(data), extensions }).head) === head).toBe(true);
    expect(String(print({ errors, data: textOf(data), extensions }).head) === withErrors).toBe(true);
    expect(print({ errors, extensions }).head).toBe(JSON.stringify({ errors }).slice(0, -1));
  }
});

test("a large response is encoded while it is printed", () => {
  const data = { nodes: rows(30_000) };
  expect(Buffer.isBuffer(print({ data: textOf(data) }).text)).toBe(true);
  expect(print({ data: textOf({ nodes: rows(3) }) }).text).toBeTypeOf("string");
});

test("a large answer of a query is printed in steps, a small one at once", () => {
  const countSteps = (data: Data) => [...printResponse({ data: textOf(data) })].length;
  expect(countSteps({ nodes: rows(100) })).toBe(0);
  expect(countSteps({ texts: Array(20).fill("й".repeat(1_000_000)) })).toBeGreaterThanOrEqual(1_000);
});
