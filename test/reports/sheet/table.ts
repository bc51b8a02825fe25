import {
  type Column,
  type FileParts,
  type SheetOptions,
  type SheetRow,
  type Table,
  UNREADABLE,
} from "../../../src/capabilities/reports/sheet/table.ts";

/** A column of each type. */
export const columns: readonly Column[] = [
  { path: ["name"], title: "Name", type: "text" },
  { path: ["count"], title: "Count", type: "integer" },
  { path: ["area"], title: "Area", type: "number" },
  { path: ["price"], title: "Price", type: "decimal" },
  { path: ["start"], title: "Start", type: "date" },
  { path: ["asOf"], title: "As of", type: "moment" },
  { path: ["isOpen"], title: "Open", type: "boolean" },
];

/**
 * Values that break writers: quotes, separators, line breaks, scripts, formulas, markup, nulls, huge and old values.
 */
export const rows: readonly SheetRow[] = [
  ["plain", 1, 1.5, "4500.10", "2026-11-27", "2026-11-27T08:00:00.000Z", true],
  ['quote " and , and ; and\nline\r\nbreak\t', -7, -0.25, "-5.00", "2024-02-29", null, false],
  ["Анна 李 🏠 é", 0, 0, "0", "1900-01-01", null, null],
  ["=1+1", null, null, "123456789012345.67", "1899-12-31", null, null],
  ["@SUM(A1)", null, null, "99999999999999999999.99", "9999-12-31", null, null],
  ["-2+3", null, null, "0.001", "1900-03-01", null, null],
  ["+49 30", null, null, null, null, null, null],
  ["<a>&amp;</a> _x0041_ \u0001", UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE],
  ["", null, null, null, null, null, null],
  [null, null, null, null, null, null, null],
];

/** A table of these rows, in batches of three. */
export function tableOf(
  ownColumns: readonly Column[] = columns,
  ownRows: readonly SheetRow[] = rows,
  title = "Things",
): Table {
  return {
    title,
    columns: ownColumns,
    *batches() {
      for (let start = 0; start < ownRows.length; start += 3) yield ownRows.slice(start, start + 3);
    },
    about: () => [
      { label: "Title", value: title },
      { label: "Rows", value: ownRows.length },
      { label: "Total", value: "12.50", type: "decimal" },
    ],
  };
}

export const plainOptions: SheetOptions = {
  hasHeader: true,
  hasByteOrderMark: false,
  hasDecimalComma: false,
  escapesFormulas: true,
};

/** The bytes of a file. */
export function bytesOf(parts: FileParts): Buffer {
  return Buffer.concat([...parts].map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}
