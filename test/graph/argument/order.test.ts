import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { almaId, createColumnFactories, type Row } from "../../../src/graph/argument/column.ts";
import { compileOrder, type OrderInput, type OrderTable } from "../../../src/graph/argument/order.ts";
import { refusal } from "./refusal.ts";

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
const order = (...orderBy: OrderInput[]) => compileOrder("Flat", table, orderBy);
const sorted = (field: string, direction: "ASC" | "DESC", key: keyof Flat, values: unknown[]): unknown[] =>
  values
    .map((value, index): Row => ({ id: index + 1, value: { [key]: value } }))
    .sort(order({ field, direction }).compare)
    .map(({ value }) => value[key]);

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
    const rows = [3, 9, 1].map((id): Row => ({ id, value: {} }));
    for (const none of [null, undefined, []]) {
      const { compare, requiredFields: needs } = compileOrder("Flat", table, none);
      expect(rows.toSorted(compare).map(({ id }) => id)).toEqual([9, 3, 1]);
      expect(needs).toEqual([]);
    }
  });

  it("sorts text by collation, with numbers inside by value, in any script", () => {
    const names = ["Unit 9", "Unit 10", "unit 9", "Äpfel", "Zebra", "apple", "Ёж", "Яма", "Ель", "برج"];
    expect(sorted("NAME", "ASC", "name", names)).toEqual([
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
    expect(sorted("PRICE", "ASC", "price", ["10", "9.5", "-1", "9.50000000000000000001"])).toEqual([
      "-1",
      "9.5",
      "9.50000000000000000001",
      "10",
    ]);
    expect(sorted("DAY", "DESC", "day", ["2024-02-29", "2024-10-01"])).toEqual(["2024-10-01", "2024-02-29"]);
  });

  it("puts rows without a value last, in either direction", () => {
    expect(sorted("BEDS", "ASC", "beds", [null, 2, undefined, 1])).toEqual([1, 2, undefined, null]);
    expect(sorted("BEDS", "DESC", "beds", [null, 2, undefined, 1])).toEqual([2, 1, undefined, null]);
  });

  it("sorts by each field in turn, then by Alma id, highest first", () => {
    const rows = [
      { id: 1, value: { beds: 1, price: "2" } },
      { id: 2, value: { beds: 1, price: "2.0" } },
      { id: 3, value: { beds: 2, price: "1" } },
      { id: 4, value: { beds: 1, price: "3" } },
    ];
    const { compare, requiredFields: needs } = order(
      { field: "BEDS", direction: "ASC" },
      { field: "PRICE", direction: "DESC" },
    );
    expect(rows.toSorted(compare).map(({ id }) => id)).toEqual([4, 2, 1, 3]);
    expect(needs).toEqual(["beds", "price"]);
  });

  it("sorts the same rows into the same sequence, whatever their input sequence", () => {
    fc.assert(
      fc.property(rowsOf, orderBy, (rows, by) => {
        const { compare } = compileOrder("Flat", table, by);
        const once = rows.toSorted(compare);
        expect(rows.toReversed().sort(compare)).toEqual(once);
        for (const [index, row] of once.entries()) {
          for (const later of once.slice(index + 1)) {
            expect(compare(row, later)).toBeLessThan(0);
            expect(compare(later, row)).toBeGreaterThan(0);
          }
        }
      }),
    );
  });

  it("compares a row with a sort key as with the row itself", () => {
    fc.assert(
      fc.property(rowsOf, orderBy, (rows, by) => {
        const { compare, compareToKey, isKey, sortKey: key } = compileOrder("Flat", table, by);
        for (const a of rows) {
          expect(isKey(key(a))).toBe(true);
          for (const b of rows) expect(Math.sign(compareToKey(a, key(b)))).toBe(Math.sign(compare(a, b)));
        }
      }),
    );
  });

  it("is refused if it names a field twice", () => {
    const twice = [
      { field: "NAME", direction: "ASC" },
      { field: "BEDS", direction: "ASC" },
      { field: "NAME", direction: "DESC" },
    ] as const;
    const found = refusal(() => order(...twice));
    expect(found.argument).toBe("orderBy.2.field");
    expect(found.message).toMatch("NAME is there already");
  });

  it("by a field that the table lacks is an internal error", () => {
    expect(() => order({ field: "COLOUR", direction: "ASC" })).toThrow('"COLOUR"');
  });
});
