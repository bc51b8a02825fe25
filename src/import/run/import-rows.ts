import type { Import, ImportColumn } from "../definition/import.ts";
import { BadCell, columnReader } from "../sheet/column.ts";
import { textOf } from "../sheet/parse-sheet.ts";
import { BadSheet, type Sheet } from "../sheet/sheet.ts";

/** The variables of a row. */
export type Variables = Readonly<Record<string, unknown>>;

/** A row as a job runs it. */
export interface NumberedRow {
  /** In the table that was sent. */
  readonly number: number;
  readonly variables: Variables;
}

/** What is wrong with a cell. */
export interface RowFault {
  readonly row: number;
  readonly column: string;
  readonly message: string;
}

const MAX_FAULTS = 100;
/** What the sum below the rows of a report's file begins with. */
const TOTAL = "Total";
/** A number that a comma has cut into cells: `12,500`. */
const CUT_NUMBER = /(^|,)\d{1,3}(,\d{3})+(,|$)/;

/** Reads the rows of a table as an import's variables. Throws a BadSheet if its columns are not those of the import. */
export function readRows({ columns }: Import, { header, rows: sent }: Sheet) {
  const places = columns.map((column) => placeOf(column, header));
  const [keyColumn, ...others] = columns;
  const found = columns.filter((_, index) => places[index] !== undefined);
  const missing = columns.filter((column) => column.isRequired && !found.includes(column));
  if (missing.length > 0 || (others.length > 0 && found.length < 2))
    throw new BadSheet(
      `has the columns ${header.filter(Boolean).join(", ")}, and this import reads ${columns
        .map(({ title, isRequired }) => (isRequired ? `${title} (needed)` : title))
        .join(", ")}. Name them so.`,
    );
  const rows: NumberedRow[] = [];
  const faults: RowFault[] = [];
  const seen = new Map<string, { readonly number: number; readonly asked: string }>();
  let [emptyRows, otherRows] = [0, 0];
  const readers = columns.map(({ type }, index) => {
    const place = places[index] ?? -1;
    return columnReader(
      type,
      sent.map(({ number, cells }) => ({ row: number, cell: cells[place] })),
    );
  });
  const width = header.findLastIndex(Boolean) + 1;
  for (const { number, cells } of sent) {
    const refuse = (column: string, message: string) => faults.push({ row: number, column, message });
    const filled = cells.findLastIndex((cell) => textOf(cell) !== "") + 1;
    const isCut = cells.length > header.length && CUT_NUMBER.test(cells.map(textOf).join());
    if (filled > width || isCut) {
      refuse(
        "All",
        `has ${isCut ? cells.length : filled} cells, and the heading has ${width}. Write a number without a comma between its digits, such as 12500, a text with a comma in quotes, and above each column its name.`,
      );
      if (faults.length > MAX_FAULTS) break;
      continue;
    }
    const read = places.map((place) => cells[place ?? -1]);
    const [keyText = "", ...texts] = read.map(textOf);
    const asksNothing = texts.every((text) => text === "");
    if (keyText === "" && (asksNothing || textOf(cells.find(Boolean)) === TOTAL)) continue;
    const { only } = keyColumn ?? {};
    if (only && /^[A-Z][A-Za-z]*:/.test(keyText) && !keyText.startsWith(`${only}:`)) {
      otherRows++;
      continue;
    }
    if (others.length > 0 && asksNothing) {
      emptyRows++;
      continue;
    }
    const variables: Record<string, unknown> = {};
    for (const [index, column] of columns.entries()) {
      try {
        const value = readers[index]?.(read[index]);
        if (value !== undefined) variables[column.variable] = value;
        else if (column.isRequired) refuse(column.title, "is empty, and it is needed.");
      } catch (error) {
        if (!(error instanceof BadCell)) throw error;
        refuse(column.title, error.message);
      }
    }
    const key = JSON.stringify(variables[keyColumn?.variable ?? ""]);
    const earlier = seen.get(key);
    const asked = JSON.stringify(variables);
    // A report has a record in several rows.
    if (only && earlier?.asked === asked) continue;
    if (key !== undefined && earlier)
      refuse(keyColumn?.title ?? "", `is that of row ${earlier.number} too. Leave one of them out.`);
    else seen.set(key, { number, asked });
    if (faults.length > MAX_FAULTS) break;
    rows.push({ number, variables });
  }
  return { rows, faults, emptyRows, otherRows };
}

/**
 * The place of a column in a header: by its names in reports, which are the most exact, its title or its variable.
 * Throws a BadSheet if it is there twice.
 */
function placeOf({ variable, title, also }: ImportColumn, header: readonly string[]) {
  for (const name of [...also, title, variable].map((one) => one.toLowerCase())) {
    const [place, other] = header.flatMap((text, index) => (text.toLowerCase() === name ? [index] : []));
    if (other !== undefined)
      throw new BadSheet(`has the column ${header[other]} twice. Leave one of them out.`);
    if (place !== undefined) return place;
  }
  return undefined;
}
