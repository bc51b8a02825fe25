import { EventEmitter } from "node:events";
import { zipSync } from "fflate";
import { GraphQLBoolean, GraphQLInt } from "graphql";
import { expect, test } from "vitest";
import { getExecutableSchema } from "../../src/graph/executable-schema.ts";
import { readCell } from "../../src/import/sheet/cell.ts";
import { parseSheet } from "../../src/import/sheet/parse-sheet.ts";
import { createSheetReader } from "../../src/import/sheet/read-sheet.ts";
import type { SheetForm } from "../../src/import/sheet/sheet.ts";

const { schema: executableSchema } = getExecutableSchema();

/** A workbook whose first sheet, in the order of the workbook, is `sheet2.xml`. */
function workbook(rows: string): Uint8Array {
  const part = (text: string) => new TextEncoder().encode(text);
  const ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
  const sheet = (data: string) => part(`<worksheet ${ns}><sheetData>${data}</sheetData></worksheet>`);
  const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  return zipSync({
    "xl/workbook.xml": part(
      `<workbook ${ns} xmlns:r="${relations}"><sheets><sheet name="A" sheetId="2" r:id="rId2"/><sheet name="B" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    ),
    "xl/_rels/workbook.xml.rels": part(
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${relations}/worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="rId3" Type="${relations}/styles" Target="styles.xml"/></Relationships>`,
    ),
    "xl/styles.xml": part(
      `<styleSheet ${ns}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
    ),
    "xl/worksheets/sheet1.xml": sheet('<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>'),
    "xl/worksheets/sheet2.xml": sheet(rows),
  });
}

const text = (at: string, value: string) => `<c r="${at}" t="inlineStr"><is><t>${value}</t></is></c>`;
const head = `<row r="1">${text("A1", "a")}${text("B1", "b")}</row>`;
const bytes = (content: string, encoding: BufferEncoding = "utf8") => Buffer.from(content, encoding);
const expected = { header: ["a", "b"], rows: [{ number: 2, cells: ["1", "2,5"] }] };

test.each<[string, SheetForm, Uint8Array]>([
  ["commas and quotes", "csv", bytes('a,b\n1,"2,5"\n')],
  ["semicolons, a BOM and blank rows", "csv", bytes("\ufeffa;b\r\n1;2,5\r\n;\r\n\r\n")],
  ["tabs in UTF-16", "csv", bytes("\ufeffa\tb\r\n1\t2,5", "utf16le")],
  ["a separator of its own", "csv", bytes("sep=|\r\na|b\r\n1|2,5\r\n")],
  ["objects", "json", bytes('[{"a": 1, "b": "2,5"}]')],
  ["lines of objects", "ndjson", bytes('{"a": 1}\n'.replace("}", ', "b": "2,5"}'))],
  ["a workbook", "xlsx", workbook(`${head}<row r="2"><c r="A2"><v>1</v></c>${text("B2", "2,5")}</row>`)],
])("a table of %s is read", async (_title, form, content) => {
  expect(await parseSheet(content, form, 10)).toEqual(expected);
});

test("a workbook's days, formulas and numbers are what they came to", async () => {
  const row = `<row r="4"><c r="A4" s="1"><v>46053</v></c><c r="B4"><f>1+2</f><v>0.30000000000000004</v></c></row>`;
  expect(await parseSheet(workbook(head + row), "xlsx", 10)).toEqual({
    header: ["a", "b"],
    rows: [{ number: 4, cells: [new Date("2026-01-31"), "0.3"] }],
  });
});

test.each([
  ['<c r="B7"><f>A1</f></c>', "has a formula in cell B7 that is not worked out"],
  ['<c r="B7" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "has an error in cell B7"],
])("a workbook with %s is told with its place", async (cell, told) => {
  await expect(parseSheet(workbook(`${head}<row r="7">${cell}</row>`), "xlsx", 10)).rejects.toThrow(told);
});

test.each([
  ["1200.5", "1200.5"],
  ["1 200,50", "1200.50"],
  ["1\u00a0200,5", "1200.5"],
  ["1.200,50", "1200.50"],
  ["1,200.50", "1200.50"],
  ["1'200", "1200"],
  ["12,5", "12.5"],
  ["-3", "-3"],
  ["1.2E3", "1200"],
  ["1,200", undefined],
  ["12 apples", undefined],
  ["1,2,3", undefined],
])("the number %s is %s", (cell, value) => {
  const type = executableSchema.getType("Decimal") as never;
  if (value === undefined) expect(() => readCell(type, cell)).toThrow("not one number for certain");
  else expect(readCell(type, cell)).toBe(value);
});

test.each([
  [new Date("2026-01-31"), "2026-01-31"],
  ["31.01.2026", "2026-01-31"],
  ["1.2.2026", "2026-02-01"],
  ["46053", "2026-01-31"],
  ["2026-01-31T00:00:00", "2026-01-31"],
  ["01/02/2026", undefined],
  ["31.02.2026", undefined],
])("the day %s is %s", (cell, value) => {
  const type = executableSchema.getType("Date") as never;
  if (value === undefined) expect(() => readCell(type, cell)).toThrow();
  else expect(readCell(type, cell)).toBe(value);
});

test("other cells are what their columns are", () => {
  const ref = executableSchema.getType("Ref") as never;
  expect(["7", "Unit:7", "bitrix:10038"].map((cell) => readCell(ref, cell))).toEqual([
    { almaId: 7 },
    { id: "Unit:7" },
    { externalId: "10038" },
  ]);
  expect(["yes", "FALSE", true].map((cell) => readCell(GraphQLBoolean, cell))).toEqual([true, false, true]);
  expect(() => readCell(GraphQLBoolean, "maybe")).toThrow("Write yes or no.");
  expect(() => readCell(GraphQLInt, "1.5")).toThrow("cannot be");
  expect(readCell(GraphQLInt, " ")).toBeUndefined();
});

const wide = {
  csv: "a,".repeat(2_000_000),
  ndjson: JSON.stringify(Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`c${at}`, 1]))),
};
const letters = (column: number): string =>
  (column > 26 ? letters(Math.floor((column - 1) / 26)) : "") + String.fromCharCode(65 + ((column - 1) % 26));

test.each<[string, SheetForm, () => Uint8Array]>([
  ["columns in CSV", "csv", () => bytes(wide.csv)],
  ["names in objects", "ndjson", () => bytes(wide.ndjson)],
  ["cells in CSV", "csv", () => bytes(`${"a,".repeat(499)}\n`.repeat(601))],
  [
    "names of different objects",
    "json",
    () => bytes(`[${Array.from({ length: 400 }, (_, at) => `{"${at}":1}`)}${',{"x":1}'.repeat(3_000)}]`),
  ],
  ["columns in a workbook", "xlsx", () => workbook(`${head}<row r="2">${text("XFD2", "x")}</row>`)],
  [
    "space between cells",
    "xlsx",
    () =>
      workbook(`${head}<row r="2">${text("SF2", "x")}</row><row r="1048576">${text("A1048576", "x")}</row>`),
  ],
  [
    "rows and columns without names",
    "xlsx",
    () =>
      workbook(
        `<row>${'<c t="n"><v>1</v></c>'.repeat(500)}</row>${"<row><c><v>1</v></c></row>".repeat(2_000)}`,
      ),
  ],
])("a table of too many %s is refused before the work", async (_title, form, content) => {
  await expect(parseSheet(content(), form, 1e6)).rejects.toThrow(
    "has more than 500 columns, or 300000 cells",
  );
});

test("a workbook may have 500 columns, and names the place of what is wrong in the last of them", async () => {
  const cells = Array.from({ length: 499 }, (_, at) => text(`${letters(at + 1)}1`, `${at}`)).join("");
  const faulty = `<row r="1">${cells}<c r="SF1" t="e"><v>#N/A</v></c></row>`;
  await expect(parseSheet(workbook(faulty), "xlsx", 10)).rejects.toThrow("has an error in cell SF1");
  const { header } = await parseSheet(
    workbook(`<row r="1">${cells}${text("SF1", "last")}</row>`),
    "xlsx",
    10,
  );
  expect([header.length, header.at(-1)]).toEqual([500, "last"]);
});

test("one of several callers has half of the threads and of the line, and who leaves waits no longer", async () => {
  const read = createSheetReader(10, () => true);
  const sent = (id: string) => {
    const raw = new EventEmitter();
    const request = {
      caller: { id },
      headers: { "content-type": "text/csv" },
      body: bytes("a,b\n1,2"),
      isMultipart: () => false,
      raw: { socket: new EventEmitter() },
    };
    const sheet = read(request as never, { raw } as never);
    return {
      sheet: sheet.then(
        ({ rows }) => rows.length,
        (error) => error.code,
      ),
      raw,
    };
  };
  const own = Array.from({ length: 8 }, () => sent("one"));
  const other = sent("other");
  own[1]?.raw.emit("close");
  const fates = await Promise.all(own.map(({ sheet }) => sheet));
  expect(fates).toEqual([1, "OVERLOADED", 1, 1, 1, 1, "OVERLOADED", "OVERLOADED"]);
  expect(await other.sheet).toBe(1);
});
