import { zipSync } from "fflate";
import { expect, test } from "vitest";

import { columnReader } from "../../src/capabilities/imports/sheet/column.ts";
import { parseSheet } from "../../src/capabilities/imports/sheet/parse-sheet.ts";
import type { SheetForm } from "../../src/capabilities/imports/sheet/sheet.ts";
import { executableSchema } from "../support/schema.ts";

const { schema } = executableSchema();

/** The values of each table row: an amount, and a day with its Excel serial number. */
const rents = ["1500", "12500.5", "4.1", "1234567", "0.25"];
const days = ["2026-01-31", "2026-12-01", "2024-02-29", "1990-05-17", "2026-06-07"];
const serials = ["46053", "46357", "45351", "33010", "46180"];

/** How the programs of a locale write numbers and days as text. */
const locales = {
  en: {
    group: ",",
    mark: ".",
    day: (y: string, m: string, d: string) => `${+m}/${+d}/${y}`,
    format: "m/d/yyyy",
  },
  de: {
    group: ".",
    mark: ",",
    day: (y: string, m: string, d: string) => `${d}.${m}.${y}`,
    format: "dd\\.mm\\.yyyy",
  },
  fr: {
    group: "\u202f",
    mark: ",",
    day: (y: string, m: string, d: string) => `${d}/${m}/${y}`,
    format: "dd/mm/yyyy",
  },
  ru: {
    group: "\u00a0",
    mark: ",",
    day: (y: string, m: string, d: string) => `${d}.${m}.${y}`,
    format: "dd.mm.yyyy;@",
  },
};
type Locale = (typeof locales)[keyof typeof locales];

/** An amount as cells show it, with as many decimals. */
function shown(amount: string, { group, mark }: Locale, decimals: number) {
  const [whole = "", fraction = ""] = Number(amount).toFixed(decimals).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, group) + (decimals > 0 ? mark + fraction : "");
}

/** Workbooks as programs write them: how they store numbers, mark cells, and place texts. */
const programs = {
  Excel: {
    number: (text: string) =>
      Number(text)
        .toPrecision(17)
        .replace(/\.?0+$/, ""),
    type: "",
    builtIn: true,
  },
  LibreOffice: { number: (text: string) => text, type: ' t="n"', builtIn: false },
  openpyxl: { number: (text: string) => (text === "1500" ? "1.5E3" : text), type: ' t="n"', builtIn: false },
  "Google Sheets": {
    number: (text: string) => (text.includes(".") ? text : `${text}.0`),
    type: "",
    builtIn: false,
  },
  Numbers: { number: (text: string) => text, type: "", builtIn: true },
};

function workbook({ number, type, builtIn }: (typeof programs)["Excel"], { format }: Locale): Uint8Array {
  const part = (text: string) => new TextEncoder().encode(`<?xml version="1.0"?>\n${text}`);
  const ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
  const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const rows = rents.map(
    (rent, index) =>
      `<row r="${index + 2}" spans="1:2"><c r="A${index + 2}" s="1"${type}><v>${number(rent)}</v></c><c r="B${index + 2}" s="2"${type}><v>${serials[index]}</v></c><c r="C${index + 2}" s="1"/></row>`,
  );
  const day = builtIn ? "14" : "165";
  return zipSync({
    "xl/workbook.xml": part(
      `<workbook ${ns} xmlns:r="${relations}"><sheets><sheet name="Rents" sheetId="1" r:id="rId3"/></sheets></workbook>`,
    ),
    "xl/_rels/workbook.xml.rels": part(
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId3" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    ),
    "xl/styles.xml": part(
      `<styleSheet ${ns}><numFmts count="2"><numFmt numFmtId="164" formatCode="#,##0"/><numFmt numFmtId="165" formatCode="${format}"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="${builtIn ? 3 : 164}"/><xf numFmtId="${day}"/></cellXfs></styleSheet>`,
    ),
    "xl/sharedStrings.xml": part(
      `<sst ${ns}><si><t>Rent</t></si><si><t xml:space="preserve">From </t></si></sst>`,
    ),
    "xl/worksheets/sheet1.xml": part(
      `<worksheet ${ns}><dimension ref="A1:C6"/><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>${rows.join("")}</sheetData></worksheet>`,
    ),
  });
}

/** The cells of a column as values of a type: each has a value, or the reason for having none. */
function read(content: Uint8Array, form: SheetForm, title: string, type: string) {
  const { header, rows } = parseSheet(content, form, 10);
  const place = header.indexOf(title);
  const cells = rows.map(({ number, cells: ofRow }) => ({ row: number, cell: ofRow[place] }));
  const reader = columnReader(schema.getType(type) as never, cells);
  return cells.map(({ cell }) => {
    try {
      return reader(cell);
    } catch (error) {
      return (error as Error).message;
    }
  });
}

const each = Object.entries(locales).flatMap(([name, locale]) =>
  Object.entries(programs).map(([program, how]) => [program, name, how, locale] as const),
);

test.each(each)(
  "a workbook of %s in the locale %s keeps its numbers and days",
  (_program, _name, how, locale) => {
    const content = workbook(how, locale);
    expect(read(content, "xlsx", "Rent", "Decimal")).toEqual(rents);
    expect(read(content, "xlsx", "From", "Date")).toEqual(days);
  },
);

test.each(Object.entries(locales))(
  "CSV in the locale %s keeps its numbers and days, or reports them",
  (name, locale) => {
    const separator = name === "en" ? "," : ";";
    const quote = (text: string) => (text.includes(separator) ? `"${text}"` : text);
    const csv = (decimals: number, amounts = rents) =>
      Buffer.from(
        `\uFEFFRent${separator}From\r\n${amounts
          .map((rent, index) => {
            const [y = "", m = "", d = ""] = (days[index] ?? "").split("-");
            return `${quote(shown(rent, locale, decimals))}${separator}${locale.day(y, m, d)}\r\n`;
          })
          .join("")}`,
      );
    // With decimals, every number shows the meaning of its separators.
    expect(read(csv(2), "csv", "Rent", "Decimal")).toEqual(rents);
    // Without them, 1,234,567 shows it for its column.
    expect(read(csv(0), "csv", "Rent", "Decimal")).toEqual(["1500", "12501", "4", "1234567", "0"]);
    const hasBlanks = name === "fr" || name === "ru";
    const told = expect.stringMatching(
      /which is (1500 or 1\.5|1\.5 or 1500|12501 or 12\.501|12\.501 or 12501), and no other number/,
    );
    expect(read(csv(0, ["1500", "12500.5"]), "csv", "Rent", "Decimal")).toEqual(
      hasBlanks ? ["1500", "12501"] : [told, told],
    );
    const isCertain = name === "de" || name === "ru";
    const notOne = days.map(() => expect.stringContaining("which is not clearly one day"));
    expect(read(csv(2), "csv", "From", "Date")).toEqual(isCertain ? days : notOne);
  },
);
