import { decimal } from "../../../alma/index.ts";
import {
  type Cell,
  type Column,
  type FileParts,
  isNumeric,
  type SheetRow,
  type Table,
  UNREADABLE,
  UNREADABLE_TEXT,
} from "./table.ts";

/** Writes a table as one list of flat objects, with the titles as keys. */
export function* writeJson(table: Table): FileParts {
  let separator = "[\n";
  for (const rows of table.batches()) {
    if (rows.length === 0) continue;
    yield separator + printObjects(table, rows).join(",\n");
    separator = ",\n";
  }
  yield separator === "[\n" ? "[]\n" : "\n]\n";
}

/** Writes the same objects as NDJSON, one per line. */
export function* writeNdjson(table: Table): FileParts {
  for (const rows of table.batches()) if (rows.length > 0) yield `${printObjects(table, rows).join("\n")}\n`;
}

/** Prints rows as objects. Decimals are numbers with all of their digits; readers may round them. */
function printObjects({ columns }: Table, rows: readonly SheetRow[]) {
  const prefixes = columns.map(({ title }, index) => `${index === 0 ? "{" : ","}${JSON.stringify(title)}:`);
  return rows.map((row) => {
    let text = "";
    for (const [index, cell] of row.entries())
      text += (prefixes[index] as string) + printCell(cell, (columns[index] as Column).type);
    return `${text}}`;
  });
}

function printCell(cell: Cell, type: Column["type"]) {
  if (cell === null) return "null";
  if (cell === UNREADABLE) return JSON.stringify(UNREADABLE_TEXT);
  if (type === "text") return JSON.stringify(String(cell));
  return isNumeric(type) && typeof cell === "string" && decimal.isDecimal(cell)
    ? cell.replace(/^(-?)0+(?=\d)/, "$1")
    : JSON.stringify(cell);
}
