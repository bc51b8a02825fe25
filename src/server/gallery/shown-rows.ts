import type { Steps } from "../../graph/index.ts";
import type { Report } from "../report/report.ts";
import { DecimalSum } from "../sheet/decimal.ts";
import { type Row, type Table, UNREADABLE } from "../sheet/table.ts";
import type { Chart } from "./chart.ts";
import { ChartData } from "./chart-data.ts";

/** Rows of a page; files have all. */
export const maxShownRows = 100;

/** What a page shows of the rows of a report. */
export interface ShownRows {
  /** The first ones. */
  readonly rows: readonly Row[];
  readonly rowCount: number;
  /** Of all rows; null where a column has none, undefined if none has. */
  readonly totals: Row | undefined;
  /** The chart, or why it cannot be drawn. */
  readonly chart: Chart | string | undefined;
}

/** Goes through all rows of a report, in steps. Sums are exact. */
export function* takeShownRows(
  { columns, chart }: Pick<Report, "columns" | "chart">,
  batches: ReturnType<Table["batches"]>,
): Steps<ShownRows> {
  const rows: Row[] = [];
  const sums = columns.map(({ hasTotal }) => (hasTotal ? new DecimalSum() : undefined));
  const data = chart && new ChartData(chart, columns);
  let rowCount = 0;
  for (const batch of batches) {
    for (const row of batch) {
      rowCount += 1;
      if (rows.length < maxShownRows) rows.push(row);
      for (const [index, sum] of sums.entries()) {
        const cell = row[index] ?? null;
        if (sum && cell !== null && cell !== UNREADABLE) sum.add(String(cell));
      }
      data?.add(row);
    }
    yield;
  }
  const hasTotals = sums.some((sum) => sum !== undefined);
  return {
    rows,
    rowCount,
    totals: hasTotals ? sums.map((sum) => sum?.toString() ?? null) : undefined,
    chart: data?.chart(),
  };
}
