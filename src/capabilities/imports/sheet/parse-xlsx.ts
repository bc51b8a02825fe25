import { strFromU8, unzipSync } from "fflate";
import { Parser } from "saxen";
import { DAY } from "../../../config/index.ts";
import { expandNumber } from "./number.ts";
import { InvalidSheetError, limitSheetSize, type SheetCell, type TypedValue } from "./sheet.ts";

/** Attributes by their names without prefixes. */
type Attributes = Readonly<Record<string, string | undefined>>;

/**
 * Reads XML in document order: `open` is called for each element, `close` for its end, with the text since the last
 * tag. Prefixes of names are removed. Pronunciation hints are left out.
 */
function readXml(
  xml: string,
  open: (name: string, attributes: Attributes) => void,
  close: (name: string, text: string) => void,
) {
  if (xml === "") return;
  const local = (name: string) => name.slice(name.indexOf(":") + 1);
  let text = "";
  let isSpoken = false;
  new Parser()
    .on("openTag", (name, attributes, decode) => {
      text = "";
      isSpoken ||= local(name) === "rPh";
      if (isSpoken) return;
      const entries = Object.entries(attributes()).map(([key, value]) => [local(key), decode(value)]);
      open(local(name), Object.fromEntries(entries));
    })
    .on("text", (part, decode) => {
      text += decode(part);
    })
    .on("cdata", (part) => {
      text += part;
    })
    .on("closeTag", (name) => {
      if (!isSpoken) close(local(name), text);
      else if (local(name) === "rPh") isSpoken = false;
      text = "";
    })
    .on("error", (error) => {
      throw error;
    })
    .parse(xml);
}

/** Returns the attributes of all elements with a name, optionally only within elements of another name. */
function elements(xml: string, name: string, within?: string): readonly Attributes[] {
  const found: Attributes[] = [];
  let isWithin = within === undefined;
  readXml(
    xml,
    (one, attributes) => {
      isWithin ||= one === within;
      if (isWithin && one === name) found.push(attributes);
    },
    (one) => {
      if (one === within) isWithin = false;
    },
  );
  return found;
}

/** The maximum unpacked size, in bytes, of a workbook's parts. */
const MAX_UNPACKED = 100_000_000;
/** The day from which Excel counts; its first Mac versions used another one. */
const DAY_0 = Date.UTC(1899, 11, 30);
const DAY_0_OF_1904 = Date.UTC(1904, 0, 1);
/** Excel has a 29 February 1900. */
const LEAP_DAY = 60;
/** The number of digits that spreadsheets show. */
const SHOWN_DIGITS = 15;
const WRITTEN_DIGITS = 17;

/**
 * Reads the first visible sheet of a workbook. Throws an InvalidSheetError, or any error if the file is not a workbook.
 */
export function parseXlsx(bytes: Uint8Array) {
  const part = unpack(bytes);
  const workbook = part("xl/workbook.xml");
  const sheets = elements(workbook, "sheet");
  const is1904 = elements(workbook, "workbookPr").some(({ date1904 = "" }) => /^(1|true)$/.test(date1904));
  const [sheet, ...others] = sheets.filter(({ state = "visible" }) => state === "visible");
  if (!sheet) throw new Error("It has no sheet.");
  const relations = elements(part("xl/_rels/workbook.xml.rels"), "Relationship");
  const { Target: target = "" } = relations.find(({ Id }) => Id === sheet.id) ?? {};
  const path = target.startsWith("/") ? target.slice(1) : `xl/${target}`;
  const texts = readTexts(part("xl/sharedStrings.xml"));
  const rows = readCells(part(path), texts, readDayStyles(part("xl/styles.xml")), is1904);
  return { rows, otherSheets: others.flatMap(({ name }) => name ?? []) };
}

function unpack(bytes: Uint8Array) {
  let unpacked = 0;
  const parts = unzipSync(bytes, {
    filter({ name, originalSize }) {
      if (!/^xl\/(?:[^/]+|_rels\/[^/]+|worksheets\/[^/]+)$/.test(name)) return false;
      unpacked += originalSize;
      if (unpacked > MAX_UNPACKED) throw new InvalidSheetError("is too large when it is unpacked. Split it.");
      return true;
    },
  });
  return (name: string) => strFromU8(parts[name] ?? new Uint8Array());
}

/** Reads the texts that cells refer to by number. */
function readTexts(xml: string): readonly string[] {
  const texts: string[] = [];
  let text = "";
  readXml(
    xml,
    (name) => {
      if (name === "si") text = "";
    },
    (name, part) => {
      if (name === "t") text += part;
      if (name === "si") texts.push(unescapeText(text));
    },
  );
  return texts;
}

/** Decodes escapes within workbooks: `_x000D_`. */
const unescapeText = (text: string) =>
  text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));

/** Returns for each cell style whether it shows a number as a day or time. */
function readDayStyles(xml: string): readonly boolean[] {
  const formats = new Map(elements(xml, "numFmt").map((format) => [format.numFmtId, format.formatCode]));
  return elements(xml, "xf", "cellXfs").map(({ numFmtId = "0" }) =>
    isDayFormat(Number(numFmtId), formats.get(numFmtId)),
  );
}

/** Formats without a text are built in; the middle range is for East Asia. */
function isDayFormat(id: number, text: string | undefined) {
  if (text === undefined)
    return (
      (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58)
    );
  const [first = ""] = text.replace(/"[^"]*"|\\.|_.|\*.|\[[^\][]*\]/g, "").split(";", 1);
  return /[ymdhs]/i.test(first);
}

/** Reads the rows of a sheet, with holes for empty cells. */
function readCells(
  xml: string,
  texts: readonly string[],
  dayStyles: readonly boolean[],
  is1904: boolean,
): SheetCell[][] {
  const rows: SheetCell[][] = [];
  let [row, column, width] = [0, 0, 0];
  let cell: Attributes = {};
  let hasFormula = false;
  let value: string | undefined;
  const at = () => cell.r ?? `${column} of row ${row}`;
  const read = (): SheetCell => {
    const { t: type = "n", s: style } = cell;
    if (type === "e")
      throw new InvalidSheetError(`has an error in cell ${at()}. Correct it, or clear the cell.`);
    // A formula may return an empty text.
    if (hasFormula && (value === undefined || (value === "" && type !== "str")))
      throw new InvalidSheetError(
        `has a formula in cell ${at()} without a computed value. Open it in Excel and save it again.`,
      );
    if (value === undefined || value === "") return null;
    if (type === "b") return value === "1" || value === "true";
    if (type === "s") return texts[Number(value)] ?? null;
    if (type === "d") return { is: "day", text: value };
    if (type !== "n") return unescapeText(value);
    const serial = Number(value);
    if (!Number.isFinite(serial))
      throw new InvalidSheetError(`has no number in cell ${at()}. Write it again.`);
    if (dayStyles[Number(style)]) return { is: "day", text: dayOfSerial(serial, is1904) };
    const number: TypedValue = { is: "number", text: exactNumber(value, hasFormula) };
    return is1904 ? { ...number, day: dayOfSerial(serial, true) } : number;
  };
  readXml(
    xml,
    (name, attributes) => {
      if (name === "row") {
        row = Number(attributes.r ?? row + 1);
        column = 0;
      } else if (name === "c") {
        cell = attributes;
        column = attributes.r === undefined ? column + 1 : numberOf(attributes.r);
        if (!(row >= 1 && column >= 1)) throw new Error("A cell has no reference.");
        width = Math.max(width, column);
        limitSheetSize(width, width * row, at());
        [value, hasFormula] = [undefined, false];
      } else if (name === "f") hasFormula = true;
      else if (name === "mergeCell")
        throw new InvalidSheetError(`has the merged cells ${attributes.ref}. Split them, and fill in each.`);
    },
    (name, text) => {
      if (name === "v") value = text;
      else if (name === "t") value = (value ?? "") + text;
      else if (name === "c") {
        const cells = rows[row - 1] ?? [];
        cells[column - 1] = read();
        rows[row - 1] = cells;
      }
    },
  );
  return Array.from(rows, (cells) => Array.from(cells ?? [], (one) => one ?? null));
}

/** Returns the number of a cell's column, from 1: 26 for `Z9`, 27 for `AA9`. */
const numberOf = (reference: string) =>
  [...(/^[A-Z]{1,4}/.exec(reference)?.[0] ?? "")].reduce(
    (number, letter) => number * 26 + letter.charCodeAt(0) - 64,
    0,
  );

/** Converts a serial number to a day, `2026-01-31`, with the time if there is one. */
export function dayOfSerial(serial: number, is1904 = false): string {
  const days = is1904 || serial >= LEAP_DAY ? serial : serial + 1;
  const date = new Date((is1904 ? DAY_0_OF_1904 : DAY_0) + Math.round(days * DAY));
  if (Number.isNaN(date.getTime())) return String(serial);
  return date.toISOString().replace(/T00:00:00\.000Z$|\.\d+Z$/, "");
}

/**
 * Returns a number with all its digits. For a fraction, programs write more digits than people typed:
 * `4.0999999999999996` is 4.1. For a computed value, the digits that spreadsheets show are used.
 */
function exactNumber(text: string, hasFormula: boolean) {
  const exact = expandNumber(text) ?? text;
  const digits = exact.replace(/^-|\./g, "").replace(/^0+/, "").length;
  if (digits <= SHOWN_DIGITS || digits > WRITTEN_DIGITS || !exact.includes(".")) return exact;
  const number = Number(exact);
  const shortest = String(hasFormula ? Number(number.toPrecision(SHOWN_DIGITS)) : number);
  return expandNumber(shortest) ?? exact;
}
