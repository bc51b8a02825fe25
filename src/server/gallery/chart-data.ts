import { DecimalSum } from "../sheet/decimal.ts";
import { type Cell, type Column, type Row, UNREADABLE } from "../sheet/table.ts";
import type { Chart } from "./chart.ts";
import { formatCell } from "./result-table.ts";

/** A column of a chart. */
export interface ChartColumn extends Column {
  /** Whether values of several rows may be added. */
  readonly hasTotal: boolean;
}

/** What a report says of its chart. */
export interface ChartPlan {
  readonly kind: Chart["kind"];
  readonly x: ChartColumn;
  readonly y: readonly ChartColumn[];
}

/** Points that are kept: with more it would be no chart. */
const maxPoints = 500;
/** As many as there are colors. */
const maxSeries = 8;

/** The numbers of a column: for each series, by point. */
type Values = Map<string, Map<string, Cell | DecimalSum>>;

/**
 * Makes the data of a chart of rows. Numbers of rows with the same x are added where the column has a total. Others, as
 * shares are, cannot be added: such rows are series of their own, named by the first text that tells them apart.
 */
export class ChartData {
  readonly #plan: ChartPlan;
  readonly #x: number;
  readonly #y: readonly { readonly column: ChartColumn; readonly index: number; readonly values: Values }[];
  /** The column that names series. */
  readonly #names: { readonly title: string; readonly index: number } | undefined;
  readonly #points = new Map<string, Cell>();
  /** Whether several numbers that cannot be added belong at one place. */
  #isAmbiguous = false;

  constructor(plan: ChartPlan, columns: readonly Column[]) {
    this.#plan = plan;
    const indexOf = (column: Column) => columns.indexOf(column);
    this.#x = indexOf(plan.x);
    this.#y = plan.y.map((column) => ({ column, index: indexOf(column), values: new Map() }));
    const names = columns.find(({ type }, index) => type === "text" && index !== this.#x);
    this.#names = names && { title: names.title, index: indexOf(names) };
  }

  add(row: Row): void {
    const cell = row[this.#x] ?? null;
    const point = formatCell(cell, this.#plan.x.type, "en");
    if (!this.#points.has(point)) {
      if (this.#points.size === maxPoints) return;
      this.#points.set(point, cell);
    }
    for (const { column, index, values } of this.#y) {
      const value = row[index] ?? null;
      if (value === null || value === UNREADABLE) continue;
      const name =
        column.hasTotal || !this.#names ? "" : formatCell(row[this.#names.index] ?? null, "text", "en");
      const ofName = values.get(name) ?? new Map<string, Cell | DecimalSum>();
      values.set(name, ofName);
      const known = ofName.get(point);
      if (known instanceof DecimalSum) known.add(String(value));
      else if (known !== undefined) this.#isAmbiguous = true;
      else ofName.set(point, column.hasTotal ? sumOf(value) : value);
    }
  }

  /** The chart; undefined if no row has a number; a sentence that says why it cannot be drawn. */
  chart(): Chart | string | undefined {
    const { kind, x, y } = this.#plan;
    if (this.#isAmbiguous)
      return `There is no chart: several rows have the same ${x.title}, and their numbers may not be added (no total).`;
    const points = [...this.#points.keys()];
    const isSplit = this.#y.some(
      ({ values }) => values.size > 1 && points.some((point) => countAt(values, point) > 1),
    );
    const series = this.#y
      .flatMap(({ column, values }) =>
        isSplit && !column.hasTotal
          ? [...values].map(([name, ofName]) => ({
              title: y.length > 1 ? `${name}, ${column.title}` : name,
              type: column.type,
              values: points.map((point) => cellOf(ofName.get(point))),
            }))
          : [
              {
                title: column.title,
                type: column.type,
                values: points.map((point) => onlyAt(values, point)),
              },
            ],
      )
      .filter(({ values }) => values.some((value) => value !== null));
    if (series.length === 0) return undefined;
    const shown = series.slice(0, maxSeries);
    const rest = series.length > shown.length ? `, the first ${maxSeries} of ${series.length}` : "";
    const by = isSplit && this.#names ? `${x.title} and ${this.#names.title}${rest}` : x.title;
    return {
      kind,
      title: `${y.map(({ title }) => title).join(", ")} by ${by}`,
      x,
      points: [...this.#points.values()],
      series: shown,
    };
  }
}

const countAt = (values: Values, point: string): number =>
  [...values.values()].filter((ofName) => ofName.has(point)).length;

/** The number of the one series that has one at a point. */
function onlyAt(values: Values, point: string): Cell {
  for (const ofName of values.values()) if (ofName.has(point)) return cellOf(ofName.get(point));
  return null;
}

const cellOf = (value: Cell | DecimalSum | undefined): Cell =>
  value instanceof DecimalSum ? value.toString() : (value ?? null);

function sumOf(value: Cell): DecimalSum {
  const sum = new DecimalSum();
  sum.add(String(value));
  return sum;
}
