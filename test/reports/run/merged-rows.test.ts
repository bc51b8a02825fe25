import { expect, test } from "vitest";
import type { ReportColumn } from "../../../src/capabilities/reports/definition/columns.ts";
import { mergeRows } from "../../../src/capabilities/reports/run/merged-rows.ts";
import { type SheetRow, UNREADABLE } from "../../../src/capabilities/reports/sheet/table.ts";

const floor: ReportColumn = { path: ["floor"], title: "Floor", type: "integer" };
const count: ReportColumn = { path: ["count"], title: "Contracts", type: "integer", total: "sum" };
const rent: ReportColumn = { path: ["rent"], title: "Rent", type: "decimal", total: "sum" };
const note: ReportColumn = {
  ...{ path: ["note"], title: "Note", type: "text" },
  derived: {
    kind: "cases",
    of: ["count"],
    cases: [
      { text: "let", positive: "count" },
      { text: "vacant", zero: "count" },
    ],
  },
};

const merged = (columns: readonly ReportColumn[], rows: readonly SheetRow[]) =>
  mergeRows({ columns, merge: [floor] }, rows, (row) => row);

test("rows with one number are merged, and sums keep the type of their column", () => {
  expect(
    merged(
      [floor, count, rent],
      [
        [3, 2, "1.50"],
        [3, 3, "2"],
        [4, 1, "1"],
      ],
    ),
  ).toEqual([
    [3, 5, "3.50"],
    [4, 1, "1"],
  ]);
});

test("rows without a readable key are not merged", () => {
  const rows: SheetRow[] = [[null], [null], [UNREADABLE], [UNREADABLE]];
  expect(merged([floor], rows)).toEqual(rows);
});

test("cases hold for numbers", () => {
  const rows: SheetRow[] = [
    [3, 2, null],
    [4, 0, null],
  ];
  expect(merged([floor, count, note], rows).map(([, , text]) => text)).toEqual(["let", "vacant"]);
});
