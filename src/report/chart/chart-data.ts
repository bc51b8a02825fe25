import type { ChartPlan } from "../definition/report.ts";
import { beginTotal, type ReportColumn, type RunningTotal } from "../definition/totals.ts";
import { type Cell, type Row, UNREADABLE, UNREADABLE_TEXT } from "../sheet/table.ts";
import type { Chart, Series } from "./plotted.ts";

/** Points that are kept: with more it would be no chart. */
const maxPoints = 500;
/** The title of what all rows at a point come to, beside those of the single ones. */
const overallTitle = "All together";
/** As many as there are colors. */
const maxSeries = 8;

/** The numbers of a column: for each series, by point. */
type Values = Map<string, Map<string, Cell | RunningTotal>>;

/** A column along y. */
interface Plotted {
  readonly column: ReportColumn;
  readonly index: number;
  readonly values: Values;
  /** What all rows at a point come to, of percentages: shown beside the series, or in place of too many. */
  readonly overall: Values;
}

/**
 * Makes the data of a chart of rows. Numbers of rows with the same x are added where the column's total is a sum.
 * Others, as shares are, cannot be added: such rows are series of their own, named by the first text that tells them
 * apart. If those are too many, percentages whose parts are known are one series, of all rows together.
 */
export class ChartData {
  readonly #plan: ChartPlan;
  readonly #columns: readonly ReportColumn[];
  readonly #x: number;
  readonly #y: readonly Plotted[];
  /** The column that names series. */
  readonly #names: { readonly title: string; readonly index: number } | undefined;
  readonly #points = new Map<string, Cell>();
  /** Whether the rows have more points. */
  #isCut = false;
  /** Whether several numbers that cannot be added belong at one place. */
  #isAmbiguous = false;

  constructor(plan: ChartPlan, columns: readonly ReportColumn[]) {
    this.#plan = plan;
    this.#columns = columns;
    this.#x = columns.indexOf(plan.x);
    this.#y = plan.y.map((column) => ({
      column,
      index: columns.indexOf(column),
      values: new Map(),
      overall: new Map(),
    }));
    const index = columns.findIndex(({ type }, position) => type === "text" && position !== this.#x);
    const named = columns[index];
    this.#names = named && { title: named.title, index };
  }

  add(row: Row): void {
    const cell = row[this.#x] ?? null;
    const point = keyOf(cell);
    if (!this.#points.has(point)) {
      if (this.#points.size === maxPoints) {
        this.#isCut = true;
        return;
      }
      this.#points.set(point, cell);
    }
    for (const plotted of this.#y) {
      const value = row[plotted.index] ?? null;
      if (value === null || value === UNREADABLE) continue;
      const { column, values, overall } = plotted;
      const isNamed = column.total !== "sum" && this.#names;
      const name = isNamed ? keyOf(row[isNamed.index] ?? null) : "";
      this.#addAt(values, name, point, column, row, value);
      if (isNamed && column.total) this.#addAt(overall, "", point, column, row, value);
    }
  }

  #addAt(values: Values, name: string, point: string, column: ReportColumn, row: Row, value: Cell): void {
    const ofName = values.get(name) ?? new Map<string, Cell | RunningTotal>();
    values.set(name, ofName);
    const known = ofName.get(point);
    if (isTotal(known)) known.add(row);
    else if (known !== undefined) this.#isAmbiguous = true;
    else {
      const total = beginTotal(column, this.#columns);
      total?.add(row);
      ofName.set(point, total ?? value);
    }
  }

  /** The chart; undefined if no row has a number; a sentence that says why it cannot be drawn. */
  chart(): Chart | string | undefined {
    const { title, kind, x, y } = this.#plan;
    if (this.#isAmbiguous)
      return `There is no chart: several rows have the same ${x.title}, and their numbers may not be added (no total).`;
    const points = [...this.#points.keys()];
    const plotted = this.#y.map(({ column, values, overall }) => ({
      column,
      values: values.size > maxSeries && overall.size > 0 ? overall : values,
    }));
    const isSplit = plotted.some(
      ({ values }) => values.size > 1 && points.some((point) => countAt(values, point) > 1),
    );
    const series = plotted
      .flatMap(({ column, values }) =>
        isSplit && values.size > 1
          ? [...values].map(([name, ofName]) => ({
              ...seriesOf(column, points, (point) => cellOf(ofName.get(point))),
              title: y.length > 1 ? `${name}, ${column.title}` : name,
            }))
          : [seriesOf(column, points, (point) => onlyAt(values, point))],
      )
      .filter(({ values }) => values.some((value) => value !== null));
    if (series.length === 0) return undefined;
    const shown = series.slice(0, maxSeries);
    const [single] = this.#y;
    const overall =
      isSplit && y.length === 1 && single && single.overall.size > 0 && single.values.size <= maxSeries
        ? [
            {
              ...seriesOf(single.column, points, (point) => onlyAt(single.overall, point)),
              title: overallTitle,
              isOverall: true,
            },
          ]
        : [];
    const rest = series.length > shown.length ? `, the first ${maxSeries} of ${series.length}` : "";
    const by = isSplit && this.#names ? `${x.title} and ${this.#names.title}${rest}` : x.title;
    return {
      kind,
      title: title ?? `${y.map((column) => column.title).join(", ")} by ${by}`,
      x,
      points: [...this.#points.values()],
      isCut: this.#isCut,
      series: [...shown, ...overall],
    };
  }
}

const seriesOf = (
  { title, type, isAmount }: ReportColumn,
  points: readonly string[],
  valueAt: (point: string) => Cell,
): Series => ({ title, type, isAmount, values: points.map(valueAt) });

const keyOf = (cell: Cell): string => (cell === UNREADABLE ? UNREADABLE_TEXT : String(cell ?? ""));

const countAt = (values: Values, point: string): number =>
  [...values.values()].filter((ofName) => ofName.has(point)).length;

/** The number of the one series that has one at a point. */
function onlyAt(values: Values, point: string): Cell {
  for (const ofName of values.values()) if (ofName.has(point)) return cellOf(ofName.get(point));
  return null;
}

const isTotal = (value: Cell | RunningTotal | undefined): value is RunningTotal =>
  typeof value === "object" && value !== null;

const cellOf = (value: Cell | RunningTotal | undefined): Cell =>
  isTotal(value) ? value.toText() : (value ?? null);
