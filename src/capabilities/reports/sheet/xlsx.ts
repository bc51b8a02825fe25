import { Zip, ZipDeflate } from "fflate";
import type { FileParts, Table } from "./table.ts";
import { packageParts, sheetNameOf } from "./xlsx-package.ts";
import { aboutTexts, sheetTitles, worksheetTexts } from "./xlsx-sheet.ts";
import { tablePart, totalCells } from "./xlsx-table.ts";

/** The fastest level: what the others save is less than what they cost. */
const LEVEL = 1;

/**
 * Writes a table as a workbook of Office Open XML, sheet by sheet and in slices: the rows as a table with filters and
 * totals, and a sheet "About" with what is to be said of them. Throws a `TooManyRows` if they do not fit into a sheet.
 */
export function* writeXlsx(table: Table): FileParts {
  const chunks: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    chunks.push(chunk);
  });
  const addFile = function* (name: string, texts: Iterable<string>): FileParts {
    const file = new ZipDeflate(name, { level: LEVEL });
    zip.add(file);
    for (const text of texts) {
      file.push(Buffer.from(text));
      yield* chunks.splice(0);
      yield "";
    }
    file.push(new Uint8Array(), true);
  };
  for (const [name, text] of packageParts(sheetNameOf(table.title))) yield* addFile(name, [text]);
  let count = 0;
  const batches = function* () {
    for (const rows of table.batches()) {
      count += rows.length;
      yield rows;
    }
  };
  const titles = sheetTitles(table.columns);
  const totals = () => totalCells(table.totals?.() ?? [], count);
  yield* addFile("xl/worksheets/sheet1.xml", worksheetTexts(table.columns, titles, batches(), totals));
  yield* addFile("xl/tables/table1.xml", [tablePart(titles, count, totals())]);
  yield* addFile("xl/worksheets/sheet2.xml", aboutTexts(table.about?.() ?? []));
  zip.end();
  yield* chunks;
}
