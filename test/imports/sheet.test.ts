import { EventEmitter } from "node:events";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { columnReader } from "../../src/capabilities/imports/sheet/column.ts";
import { parseSheet } from "../../src/capabilities/imports/sheet/parse-sheet.ts";
import { createSheetReader } from "../../src/capabilities/imports/sheet/read-sheet.ts";
import type { SheetCell, SheetForm } from "../../src/capabilities/imports/sheet/sheet.ts";
import { executableSchema as builtSchema } from "../support/schema.ts";

const { schema: executableSchema } = builtSchema();

/** A workbook whose first sheet, in the workbook's order, is `sheet2.xml`; `more` adds parts. */
function workbook(
  rows: string,
  more: { after?: string; properties?: string; state?: string } = {},
): Uint8Array {
  const part = (text: string) => new TextEncoder().encode(text);
  const ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
  const sheet = (data: string, after = "") =>
    part(`<worksheet ${ns}><sheetData>${data}</sheetData>${after}</worksheet>`);
  const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  return zipSync({
    "xl/workbook.xml": part(
      `<workbook ${ns} xmlns:r="${relations}"><workbookPr ${more.properties ?? ""}/><sheets><sheet name="Hidden" sheetId="3" state="hidden" r:id="rId1"/><sheet name="A" sheetId="2" r:id="rId2"/><sheet name="B" sheetId="1" ${more.state ?? ""} r:id="rId1"/></sheets></workbook>`,
    ),
    "xl/_rels/workbook.xml.rels": part(
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${relations}/worksheet" Target="/xl/worksheets/sheet2.xml"/><Relationship Id="rId3" Type="${relations}/styles" Target="styles.xml"/></Relationships>`,
    ),
    "xl/styles.xml": part(
      `<styleSheet ${ns}><numFmts><numFmt numFmtId="164" formatCode="[$-407]d&quot;. &quot;mmmm\\ yyyy;@"/><numFmt numFmtId="165" formatCode="#,##0.00&quot; days&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>`,
    ),
    "xl/sharedStrings.xml": part(
      `<sst ${ns}><si><t>plain &amp; simple</t></si><si><r><t>ri</t></r><r><t>ch</t></r><rPh><t>spoken</t></rPh></si></sst>`,
    ),
    "xl/worksheets/sheet1.xml": sheet('<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>'),
    "xl/worksheets/sheet2.xml": sheet(rows, more.after),
  });
}

const text = (at: string, value: string) => `<c r="${at}" t="inlineStr"><is><t>${value}</t></is></c>`;
const head = `<row r="1">${text("A1", "a")}${text("B1", "b")}</row>`;
const bytes = (content: string, encoding: BufferEncoding = "utf8") => Buffer.from(content, encoding);
const number = (text: string): SheetCell => ({ is: "number", text });
const day = (text: string): SheetCell => ({ is: "day", text });
const tableOf = (content: Uint8Array, form: SheetForm, maxRows = 10) => parseSheet(content, form, maxRows);
const cellsOf = (rows: string, more = {}) =>
  tableOf(workbook(head + rows, more), "xlsx").rows.map(({ cells }) => cells);

test.each<[string, SheetForm, Uint8Array, SheetCell]>([
  ["commas and quotes", "csv", bytes('a,b\n1,"2,5"\n'), "1"],
  ["semicolons, a BOM and blank rows", "csv", bytes("\ufeffa;b\r\n1;2,5\r\n;\r\n\r\n"), "1"],
  ["tabs in UTF-16", "csv", bytes("\ufeffa\tb\r\n1\t2,5", "utf16le"), "1"],
  ["a separator of its own", "csv", bytes("sep=|\r\na|b\r\n1|2,5\r\n"), "1"],
  ["objects", "json", bytes('[{"a": 1, "b": "2,5"}]'), number("1")],
  ["lines of objects", "ndjson", bytes('{"a": 1}\n'.replace("}", ', "b": "2,5"}')), number("1")],
  [
    "a workbook",
    "xlsx",
    workbook(`${head}<row r="2"><c r="A2"><v>1</v></c>${text("B2", "2,5")}</row>`),
    number("1"),
  ],
])("a table of %s is read", (_title, form, content, first) => {
  expect(tableOf(content, form)).toEqual({
    form,
    header: ["a", "b"],
    rows: [{ number: 2, cells: [first, "2,5"] }],
    otherSheets: form === "xlsx" ? ["B"] : [],
  });
});

test.each([
  ["a line break in a quoted name", '"a\n(AED; net)",b\n1,2\n'],
  ["separators in a quoted name", '"a; AED; net",b\n1,2\n'],
  ["blank lines before the names", "\r\n\r\na,b\r\n1,2\r\n"],
])("CSV with %s has the separator of its other names", (_, content) => {
  const { header, rows } = tableOf(bytes(content), "csv");
  expect([header.length, header[1], rows[0]?.cells]).toEqual([2, "b", ["1", "2"]]);
});

test("reads all rows of a table, or refuses the table", () => {
  const rowsOf = (content: string, form: SheetForm = "csv", most = 4) =>
    tableOf(bytes(content), form, most).rows.map(({ number: row, cells }) => [row, cells[0]]);
  const spaced = "a,b\n1,x\n\n2,x\n,\n\n\n\n3,x\n4,x\n";
  expect(rowsOf(spaced)).toEqual([
    [2, "1"],
    [4, "2"],
    [9, "3"],
    [10, "4"],
  ]);
  expect(() => rowsOf(spaced, "csv", 3)).toThrow("has 4 rows, and at most 3");
  const many = `a,b\n${Array.from({ length: 6_000 }, (_, index) => `${index},x\n\n`).join("")}`;
  expect(rowsOf(many, "csv", 6_000)).toHaveLength(6_000);
  expect(() => rowsOf(`a,b\n1,"x\n2,y\n`)).toThrow("is a quote in it not closed?");
});

test("numbers and texts in JSON are read unchanged, digit by digit", () => {
  const content = String.raw`[{"a": 12345678901234567.890, "b": "1 and \"2\" 3"}, {"a": [1, "2"], "b": 1.5E3}]`;
  expect(tableOf(bytes(content.replaceAll("\\\\", "\\")), "json").rows.map(({ cells }) => cells)).toEqual([
    [number("12345678901234567.890"), '1 and "2" 3'],
    ['[1,"2"]', number("1.5E3")],
  ]);
});

test("texts, days, formulas and numbers of a workbook are read by their values", () => {
  const cells = (row: number, ...values: string[]) =>
    `<row r="${row}">${values.map((value, index) => value.replace("<c", `<c r="${"AB"[index]}${row}"`)).join("")}</row>`;
  const rows = [
    cells(4, '<c s="1"><v>46053</v></c>', "<c><f>1+2</f><v>0.30000000000000004</v></c>"),
    cells(5, '<c s="2"><v>46053.75</v></c>', "<c><v>4.0999999999999996</v></c>"),
    cells(6, '<c t="s"><v>0</v></c>', '<c t="s"><v>1</v></c>'),
    cells(7, '<c t="str"><f>A1</f><v></v></c>', '<c t="b"><v>1</v></c>'),
    cells(8, '<c t="d"><v>2026-01-31</v></c>', '<c s="3"><v>1.23456789012345678E4</v></c>'),
    cells(9, '<c t="inlineStr"><is><t>a_x000D_b</t></is></c>', "<c><v>12345678901234567</v></c>"),
  ];
  expect(cellsOf(rows.join(""))).toEqual([
    [day("2026-01-31"), number("0.3")],
    [day("2026-01-31T18:00:00"), number("4.1")],
    ["plain & simple", "rich"],
    [null, true],
    [day("2026-01-31"), number("12345.6789012345678")],
    ["a\rb", number("12345678901234567")],
  ]);
  // Google Sheets and others may omit cell references or use a prefix.
  const anonymous = workbook('<row><c t="s"><v>0</v></c></row><row><c/><c><v>5</v></c></row>');
  expect(tableOf(anonymous, "xlsx").rows).toEqual([{ number: 2, cells: [null, number("5")] }]);
});

test("days of a workbook with the 1904 date system are converted", () => {
  const rows = '<row r="2"><c r="A2" s="1"><v>44591</v></c><c r="B2"><v>44591</v></c></row>';
  const [[formatted, plain] = []] = cellsOf(rows, { properties: 'date1904="1"' });
  expect(formatted).toEqual(day("2026-01-31"));
  expect(readAs("Date", plain)).toBe("2026-01-31");
  expect(readAs("Decimal", plain)).toBe("44591");
});

test.each<[string, string, string]>([
  ['<c r="B7"><f>A1</f></c>', "", "has a formula in cell B7 without a computed value"],
  ['<c r="B7"><f>A1</f><v></v></c>', "", "has a formula in cell B7 without a computed value"],
  ['<c r="B7"><f>A1</f><v/></c>', "", "has a formula in cell B7 without a computed value"],
  ['<c r="B7" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "", "has an error in cell B7"],
  ["", '<mergeCells><mergeCell ref="B2:B3"/></mergeCells>', "has the merged cells B2:B3"],
])("a workbook with %s%s is refused with its place", (cell, after, told) => {
  expect(() => tableOf(workbook(`${head}<row r="7">${cell}</row>`, { after }), "xlsx")).toThrow(told);
});

/** A cell as a value of a type, in a column with others. */
const readAs = (type: string, cell: SheetCell | undefined, ...others: readonly string[]) => {
  const named = executableSchema.getType(type) as never;
  const cells = [cell, ...others].map((one, index) => ({ row: index + 2, cell: one }));
  return columnReader(named, cells)(cell);
};

test.each([
  ["1200.5", "1200.5"],
  ["1 200,50", "1200.5"],
  ["1\u00a0200,5", "1200.5"],
  ["1\u202f200.500", "1200.5"],
  ["1.200,50", "1200.5"],
  ["1,200.50", "1200.5"],
  ["1'200", "1200"],
  ["12,5", "12.5"],
  ["0.500", "0.5"],
  ["1200,500", "1200.5"],
  ["1.234.567", "1234567"],
  ["-3", "-3"],
  ["\u22123", "-3"],
  ["1.2E3", "1200"],
  ["1,5e3", "1500"],
  ["1.23456789012345678E4", "12345.6789012345678"],
  ["1E400", undefined],
  ["12 apples", undefined],
  ["1 2 3", undefined],
  ["1,2,3", undefined],
  ["", undefined],
])("the number %s is %s", (cell, value) => {
  if (cell === "") expect(readAs("Decimal", cell)).toBeUndefined();
  else if (value === undefined) expect(() => readAs("Decimal", cell)).toThrow("is not a number");
  else expect(readAs("Decimal", cell)).toBe(value);
});

test.each(["1.234,5", "7,25", "1.234.567", "0,500", "1200,500", "1,5E3"])(
  "with %s a point separates thousands",
  (other) => {
    expect(readAs("Decimal", "12.500", other)).toBe("12500");
    expect(readAs("Decimal", "12,500", other)).toBe("12.5");
  },
);

test.each(["1,234.5", "7.25", "1,234,567", "0.500", "1200.500", "1.5E3"])(
  "with %s a point separates decimals",
  (other) => {
    expect(readAs("Decimal", "12.500", other)).toBe("12.5");
    expect(readAs("Decimal", "12,500", other)).toBe("12500");
  },
);

test("an ambiguous number is reported with both readings, and with the cells that differ", () => {
  expect(() => readAs("Decimal", "12.500", "3", "100 000")).toThrow(
    'is "12.500", which is 12500 or 12.5, and no other number of its column shows which. Write 12.5000 or 12500,',
  );
  expect(() => readAs("Decimal", "12.500", "7,25", "7.25")).toThrow(
    'its column has "7,25" in row 3 and "7.25" in row 4, which differ',
  );
  expect(() => readAs("Int", "12.500")).toThrow("12500 or 12.5");
  expect(readAs("Decimal", number("12.500"), "7,25")).toBe("12.5");
});

test.each<[SheetCell, string | undefined]>([
  [day("2026-01-31"), "2026-01-31"],
  ["31.01.2026", "2026-01-31"],
  ["1.2.2026", "2026-02-01"],
  ["46053", "2026-01-31"],
  [number("46053"), "2026-01-31"],
  ["2026-01-31T00:00:00", "2026-01-31"],
  ["2026-01-31 00:00:00", "2026-01-31"],
  ["2026-01-31T23:00:00Z", undefined],
  [day("2026-01-31T18:00:00"), undefined],
  ["2026-01-31 or later", undefined],
  ["46053.5", undefined],
  ["01/02/2026", undefined],
  ["31.02.2026", undefined],
])("the day %s is %s", (cell, value) => {
  if (value === undefined) expect(() => readAs("Date", cell)).toThrow();
  else expect(readAs("Date", cell)).toBe(value);
});

test("other cells are read by their columns", () => {
  expect(["7", "Unit:7", "bitrix:10038"].map((cell) => readAs("Ref", cell))).toEqual([
    { almaId: 7 },
    { id: "Unit:7" },
    { externalId: "10038" },
  ]);
  for (const cell of ["unit:1", "Palm 7", "1.5"])
    expect(() => readAs("Ref", cell)).toThrow("which is not an id");
  expect(["yes", "FALSE", true].map((cell) => readAs("Boolean", cell))).toEqual([true, false, true]);
  expect(() => readAs("Boolean", "maybe")).toThrow("Write yes or no.");
  expect(() => readAs("Int", "1.5")).toThrow("cannot be");
  expect(readAs("Int", " ")).toBeUndefined();
  expect(() => readAs("String", "9,71501E+11")).toThrow("has read it as a number and truncated it");
  expect(readAs("String", "+971501234567")).toBe("+971501234567");
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
])("a table with too many %s is refused before the work", (_title, form, content) => {
  expect(() => tableOf(content(), form, 1e6)).toThrow("has more than 500 columns, or 300000 cells");
});

test("accepts 500 columns of a workbook, and locates an error in the last one", () => {
  const cells = Array.from({ length: 499 }, (_, at) => text(`${letters(at + 1)}1`, `${at}`)).join("");
  const faulty = `<row r="1">${cells}<c r="SF1" t="e"><v>#N/A</v></c></row>`;
  expect(() => tableOf(workbook(faulty), "xlsx")).toThrow("has an error in cell SF1");
  const { header } = tableOf(workbook(`<row r="1">${cells}${text("SF1", "last")}</row>`), "xlsx");
  expect([header.length, header.at(-1)]).toEqual([500, "last"]);
});

test("one of several callers gets half of the threads and the queue, and a caller that disconnects stops waiting", async () => {
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
    const sheet = read(request as never, { raw, request } as never);
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
