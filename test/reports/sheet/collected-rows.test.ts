import fc from "fast-check";
import { expect, test } from "vitest";
import { CollectedRows } from "../../../src/capabilities/reports/sheet/collected-rows.ts";

const hashOf = (rows: CollectedRows): string => {
  const steps = rows.hash();
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
};

test("rows keep their order, even late and long ones", async () => {
  const row = fc.record({
    value: fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constant("é".repeat(70_000)),
      fc.constant("x".repeat(21_000)),
      fc.constant(null),
    ),
    isLate: fc.boolean(),
  });
  const property = fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (added) => {
    const rows = new CollectedRows(["rows"]);
    const known = new CollectedRows(["rows"]);
    for (const { value, isLate } of added) {
      const text = JSON.stringify({ value });
      rows.add(isLate ? Promise.resolve(text) : text);
      known.add(text);
    }
    await rows.settle();
    await known.settle();
    const expected = added.map(({ value }) => ({ value: JSON.parse(JSON.stringify(value)) }));
    expect([...rows.batches()].flat()).toEqual(expected);
    expect([...rows.batches()]).toEqual([...known.batches()]);
    expect(rows.count).toBe(added.length);
    expect(hashOf(rows)).toBe(hashOf(known));
  });
  await fc.assert(property, { numRuns: 200 });
});

test("batches depend only on the number of rows", async () => {
  const added = Array.from({ length: 1_000 }, (_, index) => JSON.stringify({ index, text: "x".repeat(300) }));
  const sizesOf = async (isLate: (index: number) => boolean) => {
    const rows = new CollectedRows(["rows"]);
    for (const [index, row] of added.entries()) rows.add(isLate(index) ? Promise.resolve(row) : row);
    await rows.settle();
    return [...rows.batches()].map((batch) => batch.length);
  };
  const together = await sizesOf(() => false);
  expect(await sizesOf((index) => index === 1)).toEqual(together);
  expect(await sizesOf((index) => index % 3 > 0)).toEqual(together);
});

test("a failing pending row fails all rows", async () => {
  const rows = new CollectedRows(["rows"]);
  rows.add("{}");
  rows.add(Promise.reject(new Error("No.")));
  await expect(rows.settle()).rejects.toThrow("No.");
});
