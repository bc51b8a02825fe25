import type { Steps } from "../../../graph/index.ts";
import { beginChart, type Chart } from "../chart/chart.ts";
import { beginTotals, type ReportColumn } from "../definition/columns.ts";
import type { Report } from "../definition/report.ts";
import type { Cell, Row, Table } from "../sheet/table.ts";

/** Rows of one page of many, and of the page with all: files have more. */
const pageSize = 250;
const mostRows = 5_000;

/** Which rows a page shows: the first, second and so on of many pages, or all. */
export type PageNumber = number | "all";

/** What several rows come to that follow each other. */
export interface Subtotal {
  readonly label: Cell;
  readonly totals: Row;
}

/** What a page shows of the rows of a report. */
export interface ShownRows {
  readonly rows: readonly Row[];
  /** What stands below a number of rows: what those of one group come to. */
  readonly subtotals: ReadonlyMap<number, Subtotal>;
  /** How many are before them. */
  readonly start: number;
  readonly page: PageNumber;
  readonly pageCount: number;
  readonly rowCount: number;
  /** The cells that are the same in all of several rows, by column. */
  readonly same: readonly (Cell | undefined)[];
  /** Of all rows; null where a column has none, undefined if none has. */
  readonly totals: Row | undefined;
  /** The chart, or why it cannot be drawn. */
  readonly chart: Chart | string | undefined;
}

/** Goes through all rows of a report, in steps. Sums are exact. */
export function* takeShownRows(
  { columns, chart, subtotals }: Pick<Report, "columns" | "chart" | "subtotals">,
  batches: ReturnType<Table["batches"]>,
  page: PageNumber,
): Steps<ShownRows> {
  const start = page === "all" ? 0 : (page - 1) * pageSize;
  const end = page === "all" ? mostRows : start + pageSize;
  const rows: Row[] = [];
  const totals = beginTotals(columns);
  const data = chart && beginChart(chart, columns);
  const groups = subtotals && beginSubtotals(columns, subtotals);
  let same: (Cell | undefined)[] = [];
  let rowCount = 0;
  for (const batch of batches) {
    for (const row of batch) {
      const isShown = rowCount >= start && rowCount < end;
      if (isShown) rows.push(row);
      groups?.add(row, isShown ? rows.length : 0);
      same = rowCount === 0 ? [...row] : same.map((cell, index) => (cell === row[index] ? cell : undefined));
      rowCount += 1;
      totals.add(row);
      data?.add(row);
    }
    yield;
  }
  groups?.end();
  const hasTotals = columns.some(({ total }) => total !== undefined);
  return {
    rows,
    start,
    subtotals: groups?.subtotals() ?? new Map(),
    page,
    pageCount: Math.ceil(rowCount / pageSize),
    rowCount,
    same: rowCount > 1 ? same : [],
    totals: hasTotals ? totals.toTexts() : undefined,
    chart: data?.chart(),
  };
}

/**
 * Adds up rows that follow each other and have the same in one column. One alone has no subtotal; if rows of one key
 * stand apart, there is none at all, since each would cover a part.
 */
function beginSubtotals(columns: readonly ReportColumn[], { by, label }: NonNullable<Report["subtotals"]>) {
  const [byIndex, labelIndex] = [columns.indexOf(by), columns.indexOf(label)];
  /** By how many of the rows that are shown stand above. */
  const subtotals = new Map<number, Subtotal>();
  let totals = beginTotals(columns);
  const ended = new Set<Cell | undefined>();
  let isScattered = false;
  let last: Row | undefined;
  let [size, lastShown] = [0, 0];
  const end = () => {
    if (last && size > 1 && lastShown > 0)
      subtotals.set(lastShown, { label: last[labelIndex] ?? null, totals: totals.toTexts() });
    ended.add(last?.[byIndex]);
    totals = beginTotals(columns);
    size = 0;
  };
  return {
    subtotals: () => (isScattered ? new Map<number, Subtotal>() : subtotals),
    end,
    /** Adds the next row; `shown`: how many rows are shown up to it, or 0 if it is not itself. */
    add(row: Row, shown: number) {
      if (last && row[byIndex] !== last[byIndex]) end();
      isScattered ||= ended.has(row[byIndex]);
      totals.add(row);
      last = row;
      lastShown = shown;
      size += 1;
    },
  };
}
