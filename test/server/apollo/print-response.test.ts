import fc from "fast-check";
import { expect, test } from "vitest";
import { printResponse } from "../../../src/server/apollo/print-answer.ts";
import { complete } from "../../support/steps.ts";

const row = (n: number) => ({ id: n, name: `Unit "${n}"`, building: { name: null, rooms: [n, n + 1] } });
const rows = (count: number) => Array.from({ length: count }, (_, n) => row(n));

test.each([
  ["nothing", {}],
  ["a few rows", { units: { nodes: rows(3), totalCount: 3 } }],
  ["many rows", { units: { nodes: rows(20_000) }, again: { nodes: rows(20_000) }, last: 1 }],
  [
    "large rows",
    { units: [{ rooms: rows(9_000) }, { rooms: [] }, null, { rooms: rows(30_000) }, [rows(5_000)]] },
  ],
])("%s are printed as JSON.stringify prints them", (_, data) => {
  const response = { extensions: { alma: { calls: 0 } }, data };
  const { extensions } = response;
  expect(String(complete(printResponse(response))) === JSON.stringify({ data, extensions })).toBe(true);
});

test("a large response is encoded while it is printed", () => {
  const data = { texts: Array(40).fill("й".repeat(1_000_000)), empty: {}, none: [], one: [rows(30_000)] };
  const printed = complete(printResponse({ data }));
  expect(Buffer.isBuffer(printed)).toBe(true);
  expect(String(printed) === JSON.stringify({ data })).toBe(true);
});

test("any value is printed as JSON.stringify prints it, beside one that is printed in steps", () => {
  const large = rows(4_000);
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), (values) => {
      const data = { values, mixed: [...values, large, ...values], large };
      expect(String(complete(printResponse({ data }))) === JSON.stringify({ data })).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test("a large response is printed in steps, a small one at once", () => {
  const countSteps = (data: Record<string, unknown>) => [...printResponse({ data })].length;
  expect(countSteps({ nodes: rows(100) })).toBe(0);
  expect(countSteps({ texts: Array(20).fill("й".repeat(1_000_000)) })).toBeGreaterThanOrEqual(20);
  // 800,000 values, 20,000 in a step.
  expect(countSteps({ nodes: rows(100_000) })).toBeGreaterThanOrEqual(40);
});
