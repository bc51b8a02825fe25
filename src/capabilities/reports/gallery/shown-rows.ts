import type { Steps } from "../../../graph/index.ts";
import type { ReportColumn } from "../definition/columns.ts";
import type { Grouping, Report } from "../definition/report.ts";
import { beginTotals } from "../run/totals.ts";
import { type Cell, isNumeric, type SheetRow, type Table, UNREADABLE } from "../sheet/table.ts";
import { beginChart, type Chart } from "./chart.ts";

/** The maximum number of rows on one of several pages, and on a complete page; files have more. */
const PAGE_SIZE = 250;
const MOST_ROWS = 5_000;

/** The page to show: a number, or all rows. */
export type PageNumber = number | "all";

/** The totals of the rows of one group. */
export interface Subtotal {
  /** A row of the group, which provides its name. */
  readonly row: SheetRow;
  readonly totals: SheetRow;
}

/** The rows of a report shown on a page. */
export interface ShownRows {
  readonly rows: readonly SheetRow[];
  /** The subtotals below groups, by the number of rows above them. */
  readonly subtotals: ReadonlyMap<number, Subtotal>;
  /** The number of rows before them. */
  readonly start: number;
  readonly page: PageNumber;
  readonly pageCount: number;
  readonly rowCount: number;
  /** The cell that all rows share, by column, if there are several rows. */
  readonly same: readonly (Cell | undefined)[];
  /** The totals of all rows; null for a column without a total, undefined if no column has one. */
  readonly totals: SheetRow | undefined;
  /** The chart, or why it cannot be drawn. */
  readonly chart: Chart | string | undefined;
}

/** Reads all rows of a report, in steps, and a second time to group them. Sums are exact. */
export function* readShownRows(
  { columns, chart }: Pick<Report, "columns"> & Partial<Pick<Report, "chart">>,
  batches: Table["batches"],
  page: PageNumber,
  today: string,
  grouping?: Grouping,
): Steps<ShownRows> {
  const start = page === "all" ? 0 : (page - 1) * PAGE_SIZE;
  const end = page === "all" ? MOST_ROWS : start + PAGE_SIZE;
  const rows: SheetRow[] = [];
  const subtotals = new Map<number, Subtotal>();
  const totals = beginTotals(columns);
  const data = chart && beginChart(chart, columns, today);
  const groupOf = grouping && (yield* readGroups(columns, grouping, batches));
  let same: (Cell | undefined)[] = [];
  let rowCount = 0;
  for (const batch of batches()) {
    for (const row of batch) {
      const group = groupOf?.(row);
      const position = group ? group.next++ : rowCount;
      const isShown = position >= start && position < end;
      if (isShown) rows[position - start] = row;
      // A single row is its own total.
      if (isShown && group && group.next === group.end && (group.size > 1 || grouping?.hasSheets))
        subtotals.set(group.end - start, { row: group.row, totals: group.totals.toTexts() });
      same = rowCount === 0 ? [...row] : same.map((cell, index) => (cell === row[index] ? cell : undefined));
      rowCount += 1;
      totals.add(row);
      data?.add(row);
    }
    yield;
  }
  const hasTotals = columns.some(({ total }) => total !== undefined);
  return {
    rows,
    start,
    subtotals,
    page,
    pageCount: Math.ceil(rowCount / PAGE_SIZE),
    rowCount,
    same: rowCount > 1 ? same : [],
    totals: hasTotals ? totals.toTexts() : undefined,
    chart: data?.chart(),
  };
}

const collator = new Intl.Collator("en", { numeric: true });

/** The rows of a group: the first one, their totals and number, and the positions of the next one and of their end. */
interface Group {
  readonly row: SheetRow;
  readonly totals: ReturnType<typeof beginTotals>;
  size: number;
  next: number;
  end: number;
}

/** Groups rows by the values of a column. Returns a function that returns the group of a row. */
function* readGroups(columns: readonly ReportColumn[], { by, label }: Grouping, batches: Table["batches"]) {
  const [byIndex, labelIndex] = [columns.indexOf(by), columns.indexOf(label)];
  const groups = new Map<Cell, Group>();
  for (const batch of batches()) {
    for (const row of batch) {
      const key = row[byIndex] ?? null;
      const group = groups.get(key) ?? { row, totals: beginTotals(columns), size: 0, next: 0, end: 0 };
      groups.set(key, group);
      group.totals.add(row);
      group.size += 1;
    }
    yield;
  }
  const rankOf = (cell: Cell = null) => (cell === null ? 1 : cell === UNREADABLE ? 2 : 0);
  const compare = (one: unknown, other: unknown) =>
    isNumeric(label.type) ? Number(one) - Number(other) : collator.compare(String(one), String(other));
  const ordered = [...groups.values()].sort(({ row: one }, { row: other }) => {
    const first = one[labelIndex];
    const second = other[labelIndex];
    // Groups without a value come last, then those with an unreadable one.
    return rankOf(first) - rankOf(second) || (rankOf(first) === 0 ? compare(first, second) : 0);
  });
  let end = 0;
  for (const group of ordered) {
    group.next = end;
    end += group.size;
    group.end = end;
  }
  return (row: SheetRow) => groups.get(row[byIndex] ?? null);
}
