import type { Steps } from "../../graph/index.ts";
import type { Report } from "../definition/report.ts";
import { beginTotal } from "../definition/totals.ts";
import type { Row, Table } from "../sheet/table.ts";
import type { Chart } from "./chart.ts";
import { ChartData } from "./chart-data.ts";

/** Rows of a page; files have all. */
const maxShownRows = 100;

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
  const totals = columns.map((column) => beginTotal(column, columns));
  const data = chart && new ChartData(chart, columns);
  let rowCount = 0;
  for (const batch of batches) {
    for (const row of batch) {
      rowCount += 1;
      if (rows.length < maxShownRows) rows.push(row);
      for (const total of totals) total?.add(row);
      data?.add(row);
    }
    yield;
  }
  const hasTotals = totals.some((total) => total !== undefined);
  return {
    rows,
    rowCount,
    totals: hasTotals ? totals.map((total) => total?.toText() ?? null) : undefined,
    chart: data?.chart(),
  };
}
