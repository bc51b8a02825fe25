import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileOrder, type OrderTable } from "../../../src/graph/argument/order.ts";
import { decodeCursor, encodeCursor } from "../../../src/graph/argument/page.ts";
import { Selection } from "../../../src/graph/scan/block.ts";
import { createColumnFactories, type ScannedRow } from "../../../src/graph/scan/column.ts";
import { rankSteps, type SortKey } from "../../../src/graph/scan/ranking.ts";
import { complete } from "../../support/steps.ts";
import { refusal } from "./refusal.ts";

interface Flat {
  name: string | null;
  price: string | null;
  area: number | null;
  day: string | null;
  isOpen: boolean | null;
}

const of = createColumnFactories<Flat>();
const table: OrderTable = {
  NAME: of.text("name"),
  PRICE: of.decimal("price"),
  AREA: of.float("area"),
  DAY: of.date("day"),
  OPEN: of.boolean("isOpen"),
};
const every = compileOrder(
  "Flat",
  table,
  [
    { field: "NAME", direction: "ASC" },
    { field: "PRICE", direction: "DESC" },
    { field: "AREA", direction: "ASC" },
    { field: "DAY", direction: "ASC" },
    { field: "OPEN", direction: "DESC" },
  ],
  undefined,
);
const byName = compileOrder("Flat", table, [{ field: "NAME", direction: "ASC" }], undefined);
const newest = compileOrder("Flat", table, null, undefined);
const row = { id: 7, value: { name: "Marina", price: "1.00", area: 45.5, day: "2024-02-29", isOpen: true } };
/** How a row compares with a sort key in the order of all columns. */
const compareToKey = (of: ScannedRow, key: SortKey): number =>
  complete(rankSteps(new Selection([of]), every.terms)).comparisonWith(key)(0);
const sealed = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString("base64url");

describe("a cursor", () => {
  it("decodes to the sort key of its row, for any values", () => {
    const value = fc.record({
      name: fc.option(fc.string({ unit: "binary" })),
      price: fc.option(fc.bigInt().map((digits) => `${digits}.50`)),
      area: fc.option(fc.double({ noDefaultInfinity: true, noNaN: true })),
      day: fc.constantFrom(null, "2024-02-29"),
      isOpen: fc.option(fc.boolean()),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1 }), value, (id, values) => {
        const cursor = encodeCursor(every, { id, value: values });
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(compareToKey({ id, value: values }, decodeCursor(every, cursor, "after"))).toBe(0);
      }),
    );
  });

  it("is the same each time for the same row", () => {
    expect(encodeCursor(every, row)).toBe(encodeCursor(every, { id: 7, value: { ...row.value } }));
  });

  it.each<[string, string, RegExp]>([
    ["nothing", "", /not a cursor/],
    ["a word", "abc", /not a cursor/],
    ["what no cursor has in it", `${encodeCursor(byName, row)}=`, /not a cursor/],
    ["a part of one", encodeCursor(byName, row).slice(0, -4), /not a cursor/],
    ["an offset of another server", Buffer.from("arrayconnection:10").toString("base64"), /not a cursor/],
    ["JSON of another kind", sealed({ id: 7 }), /not a cursor/],
    ["null", sealed(null), /not a cursor/],
    ["a value of the wrong kind", sealed([byName.id, 7, 5]), /not a cursor/],
    ["too few values", sealed([byName.id, 7]), /not a cursor/],
    ["too many values", sealed([byName.id, 7, "Marina", "x"]), /not a cursor/],
    ["no id", sealed([byName.id, null, "Marina"]), /not a cursor/],
    ["an id in text", sealed([byName.id, "7", "Marina"]), /not a cursor/],
    ["one of another order", encodeCursor(newest, row), /another list or order/],
    [
      "one of the same field the other way",
      encodeCursor(compileOrder("Flat", table, [{ field: "NAME", direction: "DESC" }], undefined), row),
      /another list or order/,
    ],
    [
      "one of another type",
      encodeCursor(compileOrder("House", table, [{ field: "NAME", direction: "ASC" }], undefined), row),
      /another list or order/,
    ],
  ])("is refused if it is %s", (_what, cursor, message) => {
    for (const argument of ["after", "before"]) {
      const found = refusal(() => decodeCursor(byName, cursor, argument));
      expect(found.argument).toBe(argument);
      expect(found.message).toMatch(message);
    }
  });

  it("that was tampered with is refused or decodes to a sort key", () => {
    const values = fc.array(fc.oneof(fc.jsonValue(), fc.constantFrom(...every.sortKey(row))), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          values.map((key) => sealed([every.id, ...key])),
          fc.base64String(),
        ),
        (cursor) => {
          let key: ReturnType<typeof decodeCursor>;
          try {
            key = decodeCursor(every, cursor, "after");
          } catch (error) {
            expect(
              refusal(() => {
                throw error;
              }).argument,
            ).toBe("after");
            return;
          }
          expect(compareToKey(row, key)).not.toBeNaN();
        },
      ),
    );
  });
});
