import { parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import { parseSheet } from "../../src/capabilities/imports/sheet/parse-sheet.ts";
import { comparedTable, compareRows } from "../../src/capabilities/reports/run/compared-rows.ts";
import { unescapeFormula, writeCsv } from "../../src/capabilities/reports/sheet/csv.ts";
import { writeJson, writeNdjson } from "../../src/capabilities/reports/sheet/json.ts";
import { writeParquet } from "../../src/capabilities/reports/sheet/parquet.ts";
import type { Column, FileParts, SheetRow } from "../../src/capabilities/reports/sheet/table.ts";
import { writeXlsx } from "../../src/capabilities/reports/sheet/xlsx.ts";
import { bytesOf, columns, tableOf } from "../reports/sheet/table.ts";

const textOf = (parts: FileParts) => bytesOf(parts).toString();

/** The values of each column, typed or as text, in each format. */
const own: readonly SheetRow[] = [
  [7, 5, 1.5, "4500.10", "2026-11-27", "2026-11-27T08:00:00.000Z", true],
  [true, "5", "1.5", 4500.1, "2026-11-27", "2026-11-27T08:00:00.000Z", true],
];
const expected = (first: string) => ({
  Name: first,
  Count: 5,
  Area: 1.5,
  Price: 4500.1,
  Start: "2026-11-27",
  "As of": "2026-11-27T08:00:00.000Z",
  Open: true,
});

test("a cell has the type of its column in every format", async () => {
  const both = [expected("7"), expected("true")];
  expect(JSON.parse(textOf(writeJson(tableOf(columns, own))))).toEqual(both);
  const lines = textOf(writeNdjson(tableOf(columns, own)))
    .trimEnd()
    .split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(both);
  const { rows } = parseSheet(bytesOf(writeXlsx(tableOf(columns, own))), "xlsx", 10);
  const number = (text: string) => ({ is: "number", text });
  expect(rows.map(({ cells }) => cells)).toEqual(
    ["7", "true"].map((first) => [
      first,
      number("5"),
      number("1.5"),
      number("4500.1"),
      { is: "day", text: "2026-11-27" },
      "2026-11-27T08:00:00.000Z",
      true,
    ]),
  );
  expect(
    textOf(writeCsv(tableOf(columns, own), { hasHeader: false }))
      .trimEnd()
      .split("\r\n"),
  ).toEqual([
    "\uFEFF7,5,1.5,4500.10,2026-11-27,2026-11-27T08:00:00.000Z,true",
    "true,5,1.5,4500.1,2026-11-27,2026-11-27T08:00:00.000Z,true",
  ]);
  const parquet = bytesOf(writeParquet(tableOf(columns, own)));
  const file = parquet.buffer.slice(
    parquet.byteOffset,
    parquet.byteOffset + parquet.byteLength,
  ) as ArrayBuffer;
  const day = new Date("2026-11-27");
  const moment = new Date("2026-11-27T08:00:00Z");
  expect(await parquetReadObjects({ file })).toEqual(
    both.map((row) => ({ ...row, Start: day, "As of": moment })),
  );
});

test("the difference of whole numbers is a whole number, of decimals a decimal", () => {
  const compared = (["integer", "number", "decimal"] as const).map((type): Column & { total: "sum" } => ({
    path: [type],
    title: type,
    type,
    total: "sum",
  }));
  const name: Column = { path: ["id"], title: "id", type: "text" };
  const report = { columns: [name, ...compared], key: [name], expand: undefined };
  const steps = compareRows(report, [["a", 7, 0.3, "7.10"]], [["a", 5, 1e-7, "5.00"]]);
  let step = steps.next();
  while (!step.done) step = steps.next();
  const { columns: ofTable, toRow } = comparedTable(report);
  const rows = step.value.map(toRow);
  const changes = ofTable.flatMap(({ title }, index) => (/ change$/.test(title) ? [rows[0]?.[index]] : []));
  expect(changes).toEqual([2, 0.2999999, "2.10"]);
});

test("CSV distinguishes a text with an apostrophe before a formula from a formula, and reads both", () => {
  const texts = ["=x", "'=x", "''=x", "'Abdul", "+971 50", "x'=", "plain"];
  const lines = textOf(
    writeCsv(
      tableOf(
        [{ path: ["a"], title: "a", type: "text" }],
        texts.map((one) => [one]),
      ),
    ),
  );
  const written = lines.trimEnd().split("\r\n").slice(1);
  expect(written).toEqual(["'=x", "''=x", "'''=x", "'Abdul", "'+971 50", "x'=", "plain"]);
  expect(written.map(unescapeFormula)).toEqual(texts);
});
