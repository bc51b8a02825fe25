import { quoteStart, unescapeFormula } from "../../reports/api.ts";
import type { Import, ImportColumn } from "../import.ts";
import { columnReader, InvalidCellError } from "../sheet/column.ts";
import { textOf } from "../sheet/parse-sheet.ts";
import { InvalidSheetError, type Sheet, type SheetCell } from "../sheet/sheet.ts";

/** The variables of a row. */
export type Variables = Readonly<Record<string, unknown>>;

/** A row in the form that a job runs. */
export interface NumberedRow {
  /** Its row number in the uploaded table. */
  readonly number: number;
  readonly variables: Variables;
}

/** A row as read from its table. It has no ref if only names identify its record. */
export interface ReadRow extends NumberedRow {
  /** The names of its record, in the order of the import's names. */
  readonly names: readonly { readonly index: number; readonly title: string; readonly text: string }[];
}

/** An error in a cell. */
export interface RowFault {
  readonly row: number;
  readonly column: string;
  readonly message: string;
}

/** The titles of columns added to uploaded rows. A table with these titles comes from the gateway. */
export const outcomeTitles = ["Row", "State", "Changes", "What is wrong", "Record"];

export const MAX_FAULTS = 100;
/** The prefix of the totals row in a report's file. */
const TOTAL = "Total";
/** Matches a number that a comma may have split into cells: `12,500`. */
const CUT_NUMBER = /(^|,)\d{1,3}(,\d{3})+(,|$)/;
/** Matches an id that is recognized in any column. */
const WHOLE_ID = /^(?:bitrix:|[A-Za-z]{1,30}:\d)/;

/**
 * Reads the rows of a table as an import's variables. Throws an InvalidSheetError if its columns do not match the
 * import.
 */
export function parseRows(definition: Import, { form, header, rows, otherSheets }: Sheet) {
  const { columns, names, types } = definition;
  // The outcome of rows is a table of the gateway, which can be uploaded again.
  const isOurs = outcomeTitles.every((title) => header.includes(title));
  const plain = (cell: SheetCell | undefined) => (typeof cell === "string" ? unescapeFormula(cell) : cell);
  const sent =
    isOurs && form === "csv"
      ? rows.map(({ number, cells }) => ({ number, cells: cells.map((cell) => plain(cell) as SheetCell) }))
      : rows;
  /** Returns whether an apostrophe before a cell may be either data or an escape against formulas. */
  const isUnclear = (cell: SheetCell | undefined) => form === "csv" && !isOurs && plain(cell) !== cell;
  const places = columns.map((column) => placeOf(column, header));
  const namePlaces = names.flatMap(({ title, also }, index) =>
    [title, ...also].flatMap((one) => {
      const place = header.findIndex((text) => isSame(text, one));
      return place < 0 ? [] : [{ index, title: header[place] ?? one, place }];
    }),
  );
  const [keyColumn, ...others] = columns;
  const found = columns.filter((_, index) => places[index] !== undefined);
  const missing = columns.filter(
    (column) =>
      column.isRequired && !found.includes(column) && !(column === keyColumn && namePlaces.length > 0),
  );
  if (missing.length > 0 || (others.length > 0 && !others.some((column) => found.includes(column))))
    throw new InvalidSheetError(
      `has the columns ${header.filter(Boolean).join(", ")}, and this import reads ${columns
        .map(({ title, isRequired }) => (isRequired ? `${title} (needed)` : title))
        .join(", ")}. Name them so.`,
    );
  const used = new Set([...places, ...namePlaces.map(({ place }) => place)]);
  const notRead = [
    ...header.filter(
      (title, place) => title !== "" && !used.has(place) && !(isOurs && outcomeTitles.includes(title)),
    ),
    ...otherSheets.filter((name) => name !== "About").map((name) => `sheet ${name}`),
  ].join(", ");
  const readers = columns.map(({ type }, index) =>
    columnReader(
      type,
      sent.map(({ number, cells }) => ({ row: number, cell: cells[places[index] ?? -1] })),
      isOurs ? "." : undefined,
    ),
  );
  const read: ReadRow[] = [];
  const faults: RowFault[] = [];
  let [emptyRows, otherRows] = [0, 0];
  const width = header.findLastIndex(Boolean) + 1;
  for (const { number, cells } of sent) {
    if (faults.length > MAX_FAULTS) break;
    const refuse = (column: string, message: string) => faults.push({ row: number, column, message });
    const filled = cells.findLastIndex((cell) => textOf(cell) !== "") + 1;
    const isCut = cells.length > header.length && CUT_NUMBER.test(cells.map(textOf).join());
    if (filled > width || isCut) {
      refuse(
        "All",
        `has ${isCut ? cells.length : filled} cells, and the heading has ${width}. Write a number without a comma between its digits, such as 12500, a text with a comma in quotes, and above each column its name.`,
      );
      continue;
    }
    const own = places.map((place) => cells[place ?? -1]);
    const texts = own.slice(1).map(textOf);
    const rowTexts = namePlaces
      .map(({ place, ...name }) => ({ ...name, text: textOf(cells[place]) }))
      .filter(({ text }) => text !== "");
    // In a column of names, digits alone are a name.
    const whole = textOf(own[0]) === "" ? rowTexts.find(({ text }) => WHOLE_ID.test(text)) : undefined;
    if (whole) own[0] = whole.text;
    const rowNames = rowTexts.filter((name) => name !== whole);
    const keyText = textOf(own[0]);
    const asksNothing = texts.every((text) => text === "");
    if (keyText === "" && ((asksNothing && rowNames.length === 0) || textOf(cells.find(Boolean)) === TOTAL))
      continue;
    const { only } = keyColumn ?? {};
    const [, type] = /^([A-Z][A-Za-z]*):/.exec(keyText) ?? [];
    if (only && type !== undefined && type !== only && types.has(type)) {
      otherRows++;
      continue;
    }
    if (others.length > 0 && asksNothing) {
      emptyRows++;
      continue;
    }
    if (only && type !== undefined && type !== only) {
      refuse(keyColumn?.title ?? "", `is ${quoteStart(keyText)}, and ids here look like ${only}:1075.`);
      continue;
    }
    const variables: Record<string, unknown> = {};
    for (const [index, column] of columns.entries()) {
      if (isUnclear(own[index])) {
        refuse(
          column.title,
          `is ${quoteStart(textOf(own[index]))}: its apostrophe may be data, or protect from formulas. Remove it, or send a workbook (.xlsx). Reports omit it with _escape=0.`,
        );
        continue;
      }
      try {
        const value = readers[index]?.(own[index]);
        if (value !== undefined) variables[column.variable] = value;
        else if (column.isRequired && !(column === keyColumn && rowNames.length > 0))
          refuse(column.title, "is empty, but required.");
      } catch (error) {
        if (!(error instanceof InvalidCellError)) throw error;
        refuse(column.title, error.message);
      }
    }
    read.push({ number, variables, names: rowNames });
  }
  return { rows: read, faults, emptyRows, otherRows, notRead };
}

const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/**
 * Returns the index of a column in a header. Throws an InvalidSheetError if it occurs twice, under any of its titles.
 */
function placeOf({ title, also }: ImportColumn, header: readonly string[]) {
  const [place, other] = header.flatMap((text, index) =>
    [title, ...also].some((one) => isSame(text, one)) ? [index] : [],
  );
  if (place === undefined || other === undefined) return place;
  const [one = "", second = ""] = [header[place], header[other]];
  throw new InvalidSheetError(
    isSame(one, second)
      ? `has the column ${second} twice. Leave one of them out.`
      : `has the columns ${one} and ${second}, and both are read as ${title}. Leave one of them out.`,
  );
}
