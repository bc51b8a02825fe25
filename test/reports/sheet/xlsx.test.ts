import { describe, expect, test } from "vitest";
import type { Cell, Column, ColumnType, Table } from "../../../src/capabilities/reports/sheet/table.ts";
import {
  dateSerial,
  isExactNumber,
  sheetNameOf,
  writeXlsx,
} from "../../../src/capabilities/reports/sheet/xlsx.ts";
import { hasPython, readWorkbook } from "../../support/python.ts";
import { bytesOf, tableOf } from "./table.ts";

describe("a table as a workbook", () => {
  test.skipIf(!hasPython)("has days as serial numbers, amounts as numbers, and long ones as text", () => {
    const { sheets } = readWorkbook(bytesOf(writeXlsx(tableOf())));
    const [rows = []] = sheets;
    expect(rows[0]?.map(([reference, , , value]) => [reference, value])).toEqual([
      ["A1", "Name"],
      ["B1", "Count"],
      ["C1", "Area"],
      ["D1", "Price"],
      ["E1", "Start"],
      ["F1", "As of"],
      ["G1", "Open"],
    ]);
    expect(rows[1]).toEqual([
      ["A2", "inlineStr", "0", "plain"],
      ["B2", "n", "0", "1"],
      ["C2", "n", "0", "1.5"],
      ["D2", "n", "3", "4500.10"],
      ["E2", "n", "2", "46353"],
      ["F2", "inlineStr", "0", "2026-11-27T08:00:00.000Z"],
      ["G2", "b", "0", "1"],
    ]);
    expect(rows[2]?.[0]?.[3]).toBe('quote " and , and ; and\nline_x000D_\nbreak\t');
    expect(rows[3]?.map(([, , , value]) => value)).toEqual(["Анна 李 🏠 é", "0", "0", "0", "1"]);
    // Texts never become formulas; numbers that a spreadsheet would round and dates that it cannot store stay text.
    expect(rows[4]).toEqual([
      ["A5", "inlineStr", "0", "=1+1"],
      ["D5", "inlineStr", "0", "123456789012345.67"],
      ["E5", "inlineStr", "0", "1899-12-31"],
    ]);
    expect(rows[6]?.slice(1)).toEqual([
      ["D7", "n", "3", "0.001"],
      ["E7", "n", "2", "61"],
    ]);
    expect(rows[8]?.[0]?.[3]).toBe("<a>&amp;</a> _x005F_x0041_ _x0001_");
    expect(rows[8]?.slice(1).map(([, kind, , value]) => [kind, value])).toEqual(Array(6).fill(["e", "#N/A"]));
    expect(rows[9]).toEqual([]);
    expect(rows).toHaveLength(11);
  });

  test.skipIf(!hasPython)(
    "has its titles in view, a filter over all rows, widths, and a sheet about it",
    () => {
      const { names, sheets, filter, table, pane, widths, printTitles, orientation } = readWorkbook(
        bytesOf(writeXlsx(tableOf(undefined, undefined, "Rent/roll: all"))),
      );
      expect(names).toEqual(["Rent roll all", "About"]);
      expect(filter).toBe("A1:G11");
      expect(table).toEqual({
        ref: "A1:G11",
        titles: ["Name", "Count", "Area", "Price", "Start", "As of", "Open"],
        totals: Array(7).fill(null),
      });
      expect([printTitles, orientation]).toEqual(["'Rent roll all'!$1:$1", "landscape"]);
      expect(pane).toMatchObject({ ySplit: "1", state: "frozen", topLeftCell: "A2" });
      expect(widths).toHaveLength(7);
      expect(widths[0]).toBeGreaterThan(30);
      expect(sheets[1]?.map((row) => row.map(([, kind, style, value]) => [kind, style, value]))).toEqual([
        [
          ["inlineStr", "1", "Title"],
          ["inlineStr", "0", "Rent/roll: all"],
        ],
        [
          ["inlineStr", "1", "Rows"],
          ["n", "0", "10"],
        ],
        [
          ["inlineStr", "1", "Total"],
          ["n", "3", "12.50"],
        ],
      ]);
    },
  );

  test.skipIf(!hasPython).each([
    ["2026-11-27", "date"],
    ["2026-11-27T08:00:00.000Z", "moment"],
    ["-123456789012.45", "decimal"],
    [-2_147_483_648, "integer"],
  ] as const)("has room for %s, anywhere in a column of that type", (value, type) => {
    const column: Column = { path: ["a"], title: "A", type };
    const widthOf = (cells: readonly Cell[]) =>
      readWorkbook(
        bytesOf(
          writeXlsx(
            tableOf(
              [column],
              cells.map((cell) => [cell]),
            ),
          ),
        ),
      )?.widths[0];
    const late = widthOf([null, null, null, value]);
    expect(late).toBe(widthOf([value]));
    const written = typeof value === "string" && type === "decimal" ? "-123,456,789,012.45" : String(value);
    expect(late).toBeGreaterThan(written.length);
  });

  test.skipIf(!hasPython)("has the same widths however its rows come", () => {
    const rows = Array.from({ length: 450 }, (_, index): Cell[] => [
      "x".repeat(1 + index / 10),
      index % 2 === 0,
    ]);
    const columns: Column[] = [
      { path: ["a"], title: "A", type: "text" },
      { path: ["b"], title: "B", type: "boolean" },
    ];
    const widthsIn = (size: number) => {
      const batches = Array.from({ length: Math.ceil(rows.length / size) }, (_, index) =>
        rows.slice(index * size, (index + 1) * size),
      );
      const { widths, sheets } = readWorkbook(
        bytesOf(writeXlsx({ ...tableOf(columns, []), batches: () => batches })),
      );
      expect(sheets[0]).toHaveLength(rows.length + 1);
      return widths;
    };
    const whole = widthsIn(rows.length);
    expect(whole[0]).toBeGreaterThan(20);
    for (const size of [1, 7, 199, 200, 201]) expect(widthsIn(size)).toEqual(whole);
  });

  test.skipIf(!hasPython)(
    "without rows has its titles, and a text that is too long for a cell is cut",
    () => {
      const empty = readWorkbook(bytesOf(writeXlsx(tableOf(undefined, []))));
      expect(empty.sheets[0]).toHaveLength(1);
      // A table has at least one row.
      expect([empty.filter, empty.table.ref]).toEqual(["A1:G2", "A1:G2"]);
      const [name] = tableOf().columns;
      const { sheets } = readWorkbook(bytesOf(writeXlsx(tableOf(name && [name], [["x".repeat(40_000)]]))));
      expect(sheets[0]?.[1]?.[0]?.[3]).toHaveLength(32_767);
    },
  );

  test.skipIf(!hasPython)("has a row of totals that follow its filters, and unique titles", () => {
    const columnOf = (title: string, type: ColumnType): Column => ({ path: [title], title, type });
    const table: Table = {
      title: "Let & free's",
      columns: [
        columnOf("House", "text"),
        columnOf("house", "integer"),
        columnOf("Days", "integer"),
        columnOf("Let, %", "decimal"),
        columnOf("Rent", "decimal"),
        columnOf("Long\nsum", "decimal"),
        columnOf("Change, %", "decimal"),
      ],
      *batches() {
        yield [["A", 1, 3, "33.3", "10.50", "1", null]];
        yield [["B", 1, 1, "100.0", "5", "1", "0.0"]];
      },
      totals: () => [
        undefined,
        { value: "2", percentage: undefined },
        { value: "4", percentage: undefined },
        { value: "50.0", percentage: { part: 1, whole: 2 } },
        { value: "15.50", percentage: undefined },
        { value: "12345678901234567.89", percentage: undefined },
        { value: "-50.0", percentage: { part: 1, whole: 2, isChange: true } },
      ],
      about: () => [{ label: "Data as of", value: "2026-11-25 18:00", type: "moment" }],
    };
    const { sheets, table: made, formulas, filter, printTitles } = readWorkbook(bytesOf(writeXlsx(table)));
    expect(made.titles).toEqual(["House", "house (2)", "Days", "Let, %", "Rent", "Long sum", "Change, %"]);
    expect(sheets[0]?.[0]?.map(([, , , value]) => value)).toEqual(made.titles);
    expect([made.ref, filter]).toEqual(["A1:G4", "A1:G3"]);
    const share = 'IF(SUBTOTAL(109,C2:C3)=0,"",ROUND(SUBTOTAL(109,B2:B3)/SUBTOTAL(109,C2:C3)*100,1))';
    expect(formulas).toEqual({
      B4: "SUBTOTAL(109,B2:B3)",
      C4: "SUBTOTAL(109,C2:C3)",
      D4: share,
      E4: "SUBTOTAL(109,E2:E3)",
      G4: share.replace("SUBTOTAL(109,B2:B3)", "(SUBTOTAL(109,B2:B3)-SUBTOTAL(109,C2:C3))"),
    });
    const { G4, ...others } = formulas;
    expect(made.totals).toEqual(["Total", ...Object.values(others), "12345678901234567.89", G4]);
    expect(sheets[0]?.[3]?.map(([, , , value]) => value)).toEqual([
      "Total",
      "2",
      "4",
      "50.0",
      "15.50",
      "12345678901234567.89",
      "-50.0",
    ]);
    expect(printTitles).toBe("'Let & free''s'!$1:$1");
    // A time is a day plus a fraction of it: 18:00 is three quarters.
    expect(sheets[1]?.[0]?.[1]).toEqual(["B1", "n", "4", "46351.75"]);
  });

  test("accounts for Excel's 29 February 1900", () => {
    expect(["1900-01-01", "1900-02-28", "1900-03-01", "2000-01-01", "9999-12-31"].map(dateSerial)).toEqual([
      1, 59, 61, 36526, 2958465,
    ]);
    expect(dateSerial("1899-12-31")).toBeUndefined();
  });

  test("has numbers of 15 digits, and longer ones only if the rest are zeros", () => {
    expect(
      ["123456789012345", "-12345678901234.5", "0.000000000000000000001", "4500.1000000000000000"].map(
        isExactNumber,
      ),
    ).toEqual(Array(4).fill(true));
    expect(["1234567890123456", "12345678901234.56", "1000000000000000", "x"].map(isExactNumber)).toEqual(
      Array(4).fill(false),
    );
  });

  test("has a valid sheet name, whatever its title", () => {
    expect(["a[b]*c", "'quoted'", "About", "", "x".repeat(40), "🏠".repeat(20)].map(sheetNameOf)).toEqual([
      "a b c",
      "quoted",
      "Rows",
      "Rows",
      "x".repeat(31),
      "🏠".repeat(15),
    ]);
  });
});
