import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileOrder, type OrderInput, type OrderTable } from "../../../src/graph/argument/order.ts";
import { Selection } from "../../../src/graph/scan/block.ts";
import { almaId, createColumnFactories, type ScannedRow } from "../../../src/graph/scan/column.ts";
import { rankSteps } from "../../../src/graph/scan/ranking.ts";
import { complete } from "../../support/steps.ts";
import { refusal } from "./refusal.ts";
import { sorted } from "./sorted.ts";

interface Flat {
  name: string | null;
  price: string | null;
  beds: number | null;
  day: string | null;
  isOpen: boolean | null;
}

const of = createColumnFactories<Flat>();
const table: OrderTable = {
  ALMA_ID: almaId,
  NAME: of.text("name"),
  PRICE: of.decimal("price"),
  BEDS: of.int("beds"),
  DAY: of.date("day"),
  OPEN: of.boolean("isOpen"),
};
const order = (...orderBy: OrderInput[]) => compileOrder("Flat", table, orderBy, undefined);
const sortedValues = (
  field: string,
  direction: "ASC" | "DESC",
  key: keyof Flat,
  values: unknown[],
): unknown[] =>
  sorted(
    values.map((value, index): ScannedRow => ({ id: index + 1, value: { [key]: value } })),
    order({ field, direction }),
  ).map(({ value }) => value[key]);

const nullable = <V>(values: fc.Arbitrary<V>) => fc.option(values, { freq: 4 });
const word = fc.oneof(
  fc.constantFrom(
    "",
    "Unit 9",
    "Unit 10",
    "unit 9",
    "7",
    "07",
    "é",
    "e\u0301",
    "e",
    "Ё",
    "е",
    "Я",
    "برج",
    "\u0000",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const rowsOf = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 1, max: 1_000 }),
    value: fc.record({
      name: nullable(word),
      price: nullable(
        fc.constantFrom("0", "-0.00", "1", "1.0", "10", "9.99", "0.1000000000000000000001", "0.1"),
      ),
      beds: nullable(fc.integer({ min: 0, max: 3 })),
      day: nullable(fc.constantFrom("2024-02-29", "2024-03-01", "1999-12-31")),
      isOpen: nullable(fc.boolean()),
    }),
  }),
  { selector: ({ id }) => id, maxLength: 30 },
);
const orderBy = fc.uniqueArray(
  fc.record({ field: fc.constantFrom(...Object.keys(table)), direction: fc.constantFrom("ASC", "DESC") }),
  { selector: ({ field }) => field, maxLength: 3 },
);

describe("an order", () => {
  it("is by Alma id, highest first, by default", () => {
    const rows = [3, 9, 1].map((id): ScannedRow => ({ id, value: {} }));
    for (const none of [null, undefined, []]) {
      const newest = compileOrder("Flat", table, none, undefined);
      expect(sorted(rows, newest).map(({ id }) => id)).toEqual([9, 3, 1]);
      expect(newest.requiredFields).toEqual([]);
    }
  });

  it("sorts text by collation, with numbers inside by value, in any script", () => {
    const names = ["Unit 9", "Unit 10", "unit 9", "Äpfel", "Zebra", "apple", "Ёж", "Яма", "Ель", "برج"];
    expect(sortedValues("NAME", "ASC", "name", names)).toEqual([
      "Äpfel",
      "apple",
      "unit 9",
      "Unit 9",
      "Unit 10",
      "Zebra",
      "Ёж",
      "Ель",
      "Яма",
      "برج",
    ]);
  });

  it("sorts decimals by value and dates by day", () => {
    expect(sortedValues("PRICE", "ASC", "price", ["10", "9.5", "-1", "9.50000000000000000001"])).toEqual([
      "-1",
      "9.5",
      "9.50000000000000000001",
      "10",
    ]);
    expect(sortedValues("DAY", "DESC", "day", ["2024-02-29", "2024-10-01"])).toEqual([
      "2024-10-01",
      "2024-02-29",
    ]);
  });

  it("puts rows without a value last, in either direction", () => {
    expect(sortedValues("BEDS", "ASC", "beds", [null, 2, undefined, 1])).toEqual([1, 2, undefined, null]);
    expect(sortedValues("BEDS", "DESC", "beds", [null, 2, undefined, 1])).toEqual([2, 1, undefined, null]);
  });

  it("sorts by each field in turn, then by Alma id, highest first", () => {
    const rows = [
      { id: 1, value: { beds: 1, price: "2" } },
      { id: 2, value: { beds: 1, price: "2.0" } },
      { id: 3, value: { beds: 2, price: "1" } },
      { id: 4, value: { beds: 1, price: "3" } },
    ];
    const byBeds = order({ field: "BEDS", direction: "ASC" }, { field: "PRICE", direction: "DESC" });
    expect(sorted(rows, byBeds).map(({ id }) => id)).toEqual([4, 2, 1, 3]);
    expect(byBeds.requiredFields).toEqual(["beds", "price"]);
  });

  it("is total, and compares a row with a sort key as with the row itself", () => {
    fc.assert(
      fc.property(rowsOf, orderBy, (unsorted, by) => {
        const rows = unsorted.toSorted((a, b) => b.id - a.id);
        const compiled = compileOrder("Flat", table, by, undefined);
        const ranking = complete(rankSteps(new Selection(rows), compiled.terms));
        const once = [...rows.keys()].sort(ranking.compare);
        expect([...rows.keys()].reverse().sort(ranking.compare)).toEqual(once);
        for (const [place, later] of once.entries()) {
          const key = compiled.sortKey(rows[later] as ScannedRow);
          expect(compiled.isKey(key)).toBe(true);
          const compareWithLater = ranking.comparisonWith(key);
          expect(compareWithLater(later)).toBe(0);
          for (const earlier of once.slice(0, place)) {
            expect(ranking.compare(earlier, later)).toBeLessThan(0);
            expect(ranking.compare(later, earlier)).toBeGreaterThan(0);
            expect(compareWithLater(earlier)).toBeLessThan(0);
            expect(
              ranking.comparisonWith(compiled.sortKey(rows[earlier] as ScannedRow))(later),
            ).toBeGreaterThan(0);
          }
        }
      }),
    );
  });

  it("is refused if it repeats a field", () => {
    const twice = [
      { field: "NAME", direction: "ASC" },
      { field: "BEDS", direction: "ASC" },
      { field: "NAME", direction: "DESC" },
    ] as const;
    const found = refusal(() => order(...twice));
    expect(found.argument).toBe("orderBy.2.field");
    expect(found.message).toMatch("NAME is given twice");
  });

  it("by a field that the table lacks is an internal error", () => {
    expect(() => order({ field: "COLOUR", direction: "ASC" })).toThrow('"COLOUR"');
  });
});
