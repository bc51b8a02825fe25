import type { Report } from "../definition/report.ts";
import { beginTotals, type ReportColumn } from "../definition/totals.ts";
import type { Cell, Row } from "../sheet/table.ts";

/** What several rows come to that follow each other. */
export interface Subtotal {
  readonly label: Cell;
  readonly totals: Row;
}

/** Adds up rows that follow each other and have the same in one column. One alone has no subtotal. */
export function beginSubtotals(
  columns: readonly ReportColumn[],
  { by, label }: NonNullable<Report["subtotals"]>,
) {
  const [byIndex, labelIndex] = [columns.indexOf(by), columns.indexOf(label)];
  /** By how many of the rows that are shown stand above. */
  const subtotals = new Map<number, Subtotal>();
  let totals = beginTotals(columns);
  let last: Row | undefined;
  let [size, lastShown] = [0, 0];
  const end = () => {
    if (last && size > 1 && lastShown > 0)
      subtotals.set(lastShown, { label: last[labelIndex] ?? null, totals: totals.toTexts() });
    totals = beginTotals(columns);
    size = 0;
  };
  return {
    subtotals,
    end,
    /** Adds the next row; `shown`: how many rows are shown up to it, or 0 if it is not itself. */
    add(row: Row, shown: number) {
      if (last && row[byIndex] !== last[byIndex]) end();
      totals.add(row);
      last = row;
      lastShown = shown;
      size += 1;
    },
  };
}
