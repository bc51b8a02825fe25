import type { ChartPlan } from "../definition/report.ts";
import { beginTotal, type ReportColumn, type RunningTotal } from "../definition/totals.ts";
import { type Cell, isNumeric, type Row, UNREADABLE, UNREADABLE_TEXT } from "../sheet/table.ts";
import type { Chart, Series } from "./plotted.ts";

/** Points that are kept: with more it would be no chart. */
const maxPoints = 500;
/** The title of what all rows at a point come to, beside those of the single ones. */
const overallTitle = "All together";
/** As many as there are colors. */
const maxSeries = 8;

/** Numbers of one series, by point. */
type Values = Map<string, Cell | RunningTotal>;

/**
 * Makes the data of a chart of rows. Numbers of rows with the same x are added where the column's total is a sum.
 * Others, as shares are, cannot be added: such rows are series of their own, named by the first text that tells them
 * apart. If those are too many, percentages whose parts are known are one series, of all rows together.
 */
export function beginChart({ title, kind, x, y }: ChartPlan, columns: readonly ReportColumn[]) {
  const xIndex = columns.indexOf(x);
  const plotted = y.map((column) => ({
    column,
    index: columns.indexOf(column),
    /** By the name of the series. */
    values: new Map<string, Values>(),
    /** What all rows at a point come to, of percentages: shown beside the series, or in place of too many. */
    overall: new Map() as Values,
  }));
  /** The column that names series. */
  const nameIndex = columns.findIndex(({ type }, index) => type === "text" && index !== xIndex);
  const nameColumn = columns[nameIndex];
  const points = new Map<string, Cell>();
  /** Whether the rows have more points. */
  let isCut = false;
  /** Whether several numbers that cannot be added belong at one place. */
  let isAmbiguous = false;

  const addAt = (values: Values, point: string, column: ReportColumn, row: Row, value: Cell) => {
    const known = values.get(point);
    if (isTotal(known)) known.add(row);
    else if (known !== undefined) isAmbiguous = true;
    else {
      const total = beginTotal(column, columns);
      total?.add(row);
      values.set(point, total ?? value);
    }
  };

  return {
    add(row: Row) {
      const cell = row[xIndex] ?? null;
      const point = keyOf(cell);
      if (!points.has(point)) {
        if (points.size === maxPoints) {
          isCut = true;
          return;
        }
        points.set(point, cell);
      }
      for (const { column, index, values, overall } of plotted) {
        const value = row[index] ?? null;
        if (value === null || value === UNREADABLE) continue;
        const isNamed = column.total !== "sum" && nameColumn;
        const name = isNamed ? keyOf(row[nameIndex] ?? null) : "";
        const ofName: Values = values.get(name) ?? new Map();
        values.set(name, ofName);
        addAt(ofName, point, column, row, value);
        if (isNamed && column.total) addAt(overall, point, column, row, value);
      }
    },

    /**
     * The chart; undefined if no row has a number, or all have one name; a sentence that says why it cannot be drawn.
     */
    chart(): Chart | string | undefined {
      if (isAmbiguous)
        return `There is no chart: several rows have the same ${x.title}, and their numbers may not be added (no total).`;
      // One bar compares nothing.
      if (x.type === "text" && points.size === 1) return undefined;
      const keys = [...points.keys()];
      if (x.type === "date" || x.type === "moment") keys.sort();
      else if (isNumeric(x.type)) keys.sort((one, other) => Number(one) - Number(other));
      const seriesOf = (
        { title, type, isAmount }: ReportColumn,
        valueAt: (point: string) => Cell | RunningTotal | undefined,
      ): Series => {
        const values = keys.map((point) => {
          const value = valueAt(point);
          return isTotal(value) ? value.toText() : (value ?? null);
        });
        return { title, type, isAmount, values };
      };
      const drawn = plotted.map(({ column, values, overall }) => ({
        column,
        values: values.size > maxSeries && overall.size > 0 ? new Map([["", overall]]) : values,
      }));
      const isSplit = drawn.some(({ values }) => keys.some((point) => countAt(values, point) > 1));
      const series = drawn
        .flatMap(({ column, values }) =>
          isSplit && values.size > 1
            ? [...values].map(([name, ofName]) => ({
                ...seriesOf(column, (point) => ofName.get(point)),
                title: y.length > 1 ? `${name}, ${column.title}` : name,
              }))
            : [seriesOf(column, (point) => onlyAt(values, point))],
        )
        .filter(({ values }) => values.some((value) => value !== null));
      if (series.length === 0) return undefined;
      const overall = plotted
        .filter(({ values, overall }) => overall.size > 0 && values.size <= maxSeries)
        .map(({ column, overall }) => ({
          ...seriesOf(column, (point) => overall.get(point)),
          title: overallTitle,
          isOverall: true,
        }));
      const rest = series.length > maxSeries ? `, the first ${maxSeries} of ${series.length}` : "";
      const by = isSplit && nameColumn ? `${x.title} and ${nameColumn.title}${rest}` : x.title;
      return {
        kind,
        title: title ?? `${y.map((column) => column.title).join(", ")} by ${by}`,
        x,
        points: keys.map((key) => points.get(key) ?? null),
        isCut,
        series: [...series.slice(0, maxSeries), ...(isSplit && y.length === 1 ? overall : [])],
      };
    },
  };
}

const keyOf = (cell: Cell) => (cell === UNREADABLE ? UNREADABLE_TEXT : String(cell ?? ""));

const countAt = (values: ReadonlyMap<string, Values>, point: string) =>
  [...values.values()].filter((ofName) => ofName.has(point)).length;

/** The number of the one series that has one at a point. */
const onlyAt = (values: ReadonlyMap<string, Values>, point: string) =>
  [...values.values()].find((ofName) => ofName.has(point))?.get(point);

const isTotal = (value: Cell | RunningTotal | undefined): value is RunningTotal =>
  typeof value === "object" && value !== null;
