import { Html, html } from "../../../server/index.ts";
import type { ReportColumn } from "../definition/columns.ts";
import type { ChartPlan } from "../definition/report.ts";
import { beginTotal, type RunningTotal } from "../run/totals.ts";
import { type Notation, titleOf, type WrittenColumn, writeValue } from "../run/written-value.ts";
import { type Cell, isNumeric, type SheetRow, UNREADABLE, UNREADABLE_TEXT } from "../sheet/table.ts";

/** A chart: series over the same points. */
export interface Chart {
  readonly kind: "bar" | "line";
  readonly title: string;
  readonly x: Pick<ReportColumn, "title"> & WrittenColumn;
  /** The points along x, in the order of the report. */
  readonly points: readonly Cell[];
  /** Whether the report has more points. */
  readonly isCut: boolean;
  /** Returns whether a point contains days that are not over. */
  readonly isUnfinished: (point: number) => boolean;
  readonly series: readonly Series[];
}

/** The values of one series. */
interface Series extends WrittenColumn {
  readonly title: string;
  /** Exact values, one for each point; null if there is none. */
  readonly values: readonly Cell[];
  /** Whether it combines all other series. */
  readonly isOverall?: boolean;
}

/** Returns whether its points are names instead of times or numbers. */
export const hasNames = ({ x }: Chart): boolean => x.type === "text";

/** Returns a number, or the text of a decimal, as a coordinate; undefined for other values. */
function numberOf(value: Cell | undefined) {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const number = Number(value);
  return Number.isFinite(number) && value !== "" ? number : undefined;
}

/** Returns the range of values, including 0. */
function rangeOf(values: readonly Cell[]): [low: number, high: number] {
  const numbers = values.map(numberOf).filter((value) => value !== undefined);
  return [Math.min(0, ...numbers), Math.max(0, ...numbers)];
}

/** In pixels. The width of a plot is measured in percent, since it is as wide as the page. */
const HEIGHT = 180;
/** Space above the highest value, in pixels. */
const ABOVE = 14;
/** The maximum number of labels below the plot: on a wide screen, and on a phone. */
const maxLabels = { wide: 13, narrow: 4 };
/** The maximum number of bars; with more points, a line is drawn. */
const MAX_BARS = 60;
/** The maximum number of points that are tab stops; with more, values are only in the table. */
const MAX_STOPS = 40;
/** The maximum number of points that show their values on hover. */
const MAX_HOVERED = 120;
/** The height of a line in the box of a point's values, in pixels. */
const LINE_HEIGHT = 17;
/** The width of the box, in pixels. */
const BOX_WIDTH = 250;
/** The maximum number of letters of a series' name in the box. */
const MAX_LETTERS = 22;

/** Renders a chart over times or numbers as SVG. A point's values show on hover and focus. */
function renderPlot(chart: Chart, title: string, labels: readonly string[], notation: Notation) {
  const { series, x } = chart;
  const count = labels.length;
  const isBars = chart.kind === "bar" && count <= MAX_BARS;
  const ticks = ticksOf(...rangeOf(series.flatMap(({ values }) => values)));
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
  const yOf = (value: number) => round(ABOVE + ((high - value) / (high - low)) * (HEIGHT - ABOVE));
  /** Returns the middle of a point, in percent. */
  const xOf = (point: number) => ((point + 0.5) / count) * 100;
  const amount = new Intl.NumberFormat(notation.locale, { notation: "compact", maximumFractionDigits: 1 });
  const areMonths = x.type === "date" && labels.every((label) => label.endsWith("-01"));
  const short = areMonths ? labels.map((label) => label.slice(0, 7)) : labels;
  const step = Math.ceil(count / maxLabels.wide);
  const sparse = step * Math.ceil(Math.ceil(count / step) / maxLabels.narrow);
  const shapes = series.map((one, index) =>
    isBars ? renderBars(chart, one, index, yOf) : renderLine(chart, one, index, yOf),
  );
  return html`${
    series.length > 1 &&
    html`<ul class="legend" aria-hidden="true">${series.map(
      (one, index) => html`<li class="${seriesClass(one, index)}">${one.title}</li>`,
    )}</ul>`
  }
<div class="plot"><svg class="axis" width="52" height="${HEIGHT + 24}" aria-hidden="true">${ticks.map(
    (tick) => html`<text x="46" y="${yOf(tick) + 4}" text-anchor="end">${amount.format(tick)}</text>`,
  )}</svg>
<svg class="area" height="${HEIGHT + 24}" role="group" aria-label="${title}">
${ticks.map((tick) => html`<line class="${tick === 0 ? "zero" : "grid"}" x1="0" x2="100%" y1="${yOf(tick)}" y2="${yOf(tick)}"/>`)}
${shapes}
${short.map(
  (label, point) =>
    point % step === 0 &&
    html`<text class="${point % sparse === 0 ? "label" : "label wide"}" x="${round(xOf(point))}%" y="${HEIGHT + 18}" text-anchor="middle">${label}</text>`,
)}
${count <= MAX_HOVERED && short.map((label, point) => renderPoint(chart, label, point, count, notation))}
</svg></div>`;
}

const round = (value: number) => Math.round(value * 100) / 100;

const seriesClass = ({ isOverall }: Series, index: number) => (isOverall ? "overall" : `series-${index + 1}`);

/** Returns the ticks of an axis from `low` to `high`: about four steps of 1, 2 or 5 times a power of ten. */
function ticksOf(low: number, high: number) {
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= span / 4) ?? 10);
  const [first, last] = [Math.floor(low / step), Math.ceil((low + span) / step)];
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

function renderBars(chart: Chart, one: Series, index: number, yOf: (value: number) => number) {
  const [count, seriesCount] = [one.values.length, chart.series.length];
  const width = (100 / count) * 0.72;
  const bars = one.values.map((cell, point) => {
    const value = numberOf(cell);
    if (value === undefined) return undefined;
    const [top, bottom] = [yOf(Math.max(0, value)), yOf(Math.min(0, value))];
    const start = (100 / count) * (point + 0.14) + (width / seriesCount) * index;
    return html`<rect${unfinished(chart, point)} x="${round(start)}%" width="${round(width / seriesCount)}%" y="${top}" height="${round(bottom - top)}"/>`;
  });
  return html`<g class="bars ${seriesClass(one, index)}">${bars}</g>`;
}

const unfinished = ({ isUnfinished }: Chart, point: number) =>
  isUnfinished(point) && new Html(' class="unfinished"');

/**
 * Renders a line in a separate drawing, which is stretched over the width. The line is interrupted where there is no
 * number. The piece that leads to or from an unfinished point is drawn differently.
 */
function renderLine(chart: Chart, one: Series, index: number, yOf: (value: number) => number) {
  const pieces: { readonly places: string[]; readonly point: number }[] = [];
  let last: string | undefined;
  for (const [point, cell] of one.values.entries()) {
    const value = numberOf(cell);
    const place =
      value === undefined ? undefined : `${round(((point + 0.5) / one.values.length) * 1000)},${yOf(value)}`;
    const goesOn = last !== undefined && !chart.isUnfinished(point) && !chart.isUnfinished(point - 1);
    if (place !== undefined && goesOn) pieces.at(-1)?.places.push(place);
    else if (place !== undefined)
      pieces.push({ places: last === undefined ? [place] : [last, place], point });
    last = place;
  }
  const lines = pieces.map(
    // A single point is drawn as a dot: a line without length with round ends.
    ({ places, point }) =>
      html`<polyline${unfinished(chart, point)} points="${(places.length === 1 ? [...places, ...places] : places).join(" ")}"/>`,
  );
  return html`<svg class="line ${seriesClass(one, index)}" viewBox="0 0 1000 ${HEIGHT}" width="100%" height="${HEIGHT}" preserveAspectRatio="none">${lines}</svg>`;
}

/** Renders a point's values, in a box on the opposite side of the plot. */
function renderPoint(
  { series, points, x, isUnfinished }: Chart,
  label: string,
  point: number,
  count: number,
  notation: Notation,
) {
  const labels = series.map((one) => ({
    title: one.title,
    value: writeValue(one.values[point], one, notation) || "–",
  }));
  const whole = `${writeValue(points[point], x, notation) || "–"}${isUnfinished(point) ? " (not over)" : ""}`;
  const name = `${whole}: ${labels.map(({ title, value }) => `${title} ${value}`).join(", ")}`;
  const stop = count <= MAX_STOPS && new Html(' tabindex="0"');
  const isLeft = point >= count / 2;
  const at = (inside: number) => (isLeft ? html`x="${inside}"` : html`x="100%" dx="${inside - BOX_WIDTH}"`);
  const middle = `${round(((point + 0.5) / count) * 100)}%`;
  return html`<g class="point"${stop} role="img" aria-label="${name}"><rect class="hit" x="${round((point / count) * 100)}%" width="${round(100 / count)}%" height="${HEIGHT}"/>
<g class="said"><line x1="${middle}" x2="${middle}" y1="0" y2="${HEIGHT}"/><rect class="box" ${
    isLeft ? html`x="0"` : html`x="100%" transform="translate(-${BOX_WIDTH} 0)"`
  } y="0" width="${BOX_WIDTH}" height="${(labels.length + 1) * LINE_HEIGHT + 8}"/><text ${at(10)} y="${LINE_HEIGHT}">${label}</text>${labels.map(
    ({ title, value }, index) =>
      html`<text ${at(10)} y="${(index + 2) * LINE_HEIGHT}">${title.length > MAX_LETTERS ? `${title.slice(0, MAX_LETTERS - 1)}…` : title}</text><text ${at(BOX_WIDTH - 10)} y="${(index + 2) * LINE_HEIGHT}" text-anchor="end">${value}</text>`,
  )}</g></g>`;
}

/** The maximum number of named bars; further rows are only in the table. */
const MAX_NAMED_BARS = 60;

/**
 * Renders a chart. With names it is a table with a bar in each row; over time, an SVG as wide as the page,
 * with its numbers as a table.
 */
export function renderChart(chart: Chart, notation: Notation): Html {
  const { x, series, points, isCut } = chart;
  const names = hasNames(chart);
  const shown = names ? Math.min(points.length, MAX_NAMED_BARS) : points.length;
  const isAmount = series.every((one) => one.isAmount);
  const title = titleOf({ title: chart.title, isAmount }, notation);
  const rest =
    (isCut || shown < points.length) &&
    ` – the first ${shown} of ${isCut ? "more than " : ""}${points.length}`;
  const labels = points.map((point) => writeValue(point, x, notation) || "–");
  const named = labels.map((label, point) => (chart.isUnfinished(point) ? `${label} (not over)` : label));
  const table = renderNumbers(chart, title, named.slice(0, shown), names, notation);
  return html`<figure class="chart" id="chart"><figcaption>${title}${rest}</figcaption>
${
  names
    ? table
    : html`${renderPlot(chart, title, labels, notation)}
<details><summary>The numbers of the chart</summary>
${table}
</details>`
}</figure>`;
}

/** Renders the numbers of a chart as a table, with or without bars. */
function renderNumbers(
  { x, series }: Chart,
  title: string,
  labels: readonly string[],
  hasBars: boolean,
  notation: Notation,
) {
  const bars = series.map(({ values }, index) => barsOf(values.slice(0, labels.length), index));
  const renderValue = (one: Series, point: number, index: number) =>
    html`<td class="number">${writeValue(one.values[point], one, notation)}</td>${
      hasBars && html`<td class="drawn">${bars[index]?.(one.values[point])}</td>`
    }`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table><caption class="unseen">${title}</caption>
<thead><tr><th scope="col">${x.title}</th>${series.map(
    (one) =>
      html`<th scope="col"${new Html(hasBars ? ' colspan="2"' : ' class="number"')}>${titleOf(one, notation)}</th>`,
  )}</tr></thead>
<tbody>${labels.map(
    (label, point) =>
      html`<tr><th scope="row">${label}</th>${series.map((one, index) => renderValue(one, point, index))}</tr>\n`,
  )}</tbody></table></div>`;
}

/** Returns a function that renders one of these values as a bar that starts at 0. */
function barsOf(values: readonly Cell[], index: number) {
  const [low, high] = rangeOf(values);
  const percent = (value: number) => ((value - low) / (high - low || 1)) * 100;
  return (cell: Cell | undefined) => {
    const value = numberOf(cell);
    if (value === undefined) return undefined;
    const start = percent(Math.min(0, value));
    const length = percent(Math.max(0, value)) - start;
    return html`<svg class="fill-${index + 1}" width="100%" height="14" aria-hidden="true"><rect x="${start.toFixed(2)}%" width="${length.toFixed(2)}%" height="14"/></svg>`;
  };
}

/** The maximum number of points; a chart with more is unreadable. */
const MAX_POINTS = 500;
/** The title of the total of all rows at a point. */
const overallTitle = "All together";
/** The number of colors. */
const MAX_SERIES = 8;

/** Numbers of one series, by point. */
type Values = Map<string, Cell | RunningTotal>;

/**
 * Collects the data of a chart from rows. Numbers of rows with the same x are summed if the column's total is a sum.
 * Others, such as shares, cannot be summed: such rows become separate series, named by the first text that
 * distinguishes them. If there are too many series, percentages with known parts become one series of all rows.
 */
export function beginChart(
  { title, kind, x, until, y }: ChartPlan,
  columns: readonly ReportColumn[],
  today: string,
) {
  const xIndex = columns.indexOf(x);
  const untilIndex = until ? columns.indexOf(until) : -1;
  const unfinished = new Set<string>();
  const plotted = y.map((column) => ({
    column,
    index: columns.indexOf(column),
    /** The values by the name of the series. */
    values: new Map<string, Values>(),
    /** The total of all rows at a point, for percentages: shown next to the series, or instead of too many series. */
    overall: new Map() as Values,
  }));
  /** The column with the names of series. */
  const nameIndex = columns.findIndex(({ type }, index) => type === "text" && index !== xIndex);
  const nameColumn = columns[nameIndex];
  const points = new Map<string, Cell>();
  /** Whether the rows have more points. */
  let isCut = false;
  /** Whether several numbers that cannot be summed share one point. */
  let isAmbiguous = false;

  const addAt = (values: Values, point: string, column: ReportColumn, row: SheetRow, value: Cell) => {
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
    add(row: SheetRow) {
      const cell = row[xIndex] ?? null;
      const point = keyOf(cell);
      if (!points.has(point)) {
        if (points.size === MAX_POINTS) {
          isCut = true;
          return;
        }
        points.set(point, cell);
        const until = row[untilIndex];
        if (typeof until === "string" && until >= today) unfinished.add(point);
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
     * Returns the chart; undefined if no row has a number or all rows have one name; a sentence if it cannot be drawn.
     */
    chart(): Chart | string | undefined {
      if (isAmbiguous)
        return `There is no chart: several rows have the same ${x.title}, and their numbers may not be added (no total).`;
      // A single bar compares nothing.
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
        values: values.size > MAX_SERIES && overall.size > 0 ? new Map([["", overall]]) : values,
      }));
      const isSplit = drawn.some(({ values }) => keys.some((point) => allAt(values, point).length > 1));
      const series = drawn
        .flatMap(({ column, values }) =>
          isSplit && values.size > 1
            ? [...values].map(([name, ofName]) => ({
                ...seriesOf(column, (point) => ofName.get(point)),
                title: y.length > 1 ? `${name}, ${column.title}` : name,
              }))
            : [seriesOf(column, (point) => allAt(values, point)[0])],
        )
        .filter(({ values }) => values.some((value) => value !== null));
      if (series.length === 0) return undefined;
      const overall = plotted
        .filter(({ values, overall }) => overall.size > 0 && values.size <= MAX_SERIES)
        .map(({ column, overall }) => ({
          ...seriesOf(column, (point) => overall.get(point)),
          title: overallTitle,
          isOverall: true,
        }));
      const rest = series.length > MAX_SERIES ? `, the first ${MAX_SERIES} of ${series.length}` : "";
      const by = isSplit && nameColumn ? `${x.title} and ${nameColumn.title}${rest}` : x.title;
      return {
        kind,
        title: title ?? `${y.map((column) => column.title).join(", ")} by ${by}`,
        x,
        points: keys.map((key) => points.get(key) ?? null),
        isCut,
        isUnfinished: (point) => unfinished.has(keys[point] ?? ""),
        series: [...series.slice(0, MAX_SERIES), ...(isSplit && y.length === 1 ? overall : [])],
      };
    },
  };
}

const keyOf = (cell: Cell) => (cell === UNREADABLE ? UNREADABLE_TEXT : String(cell ?? ""));

/** Returns the numbers of all series that have one at a point. */
const allAt = (values: ReadonlyMap<string, Values>, point: string) =>
  [...values.values()].flatMap((ofName) => ofName.get(point) ?? []);

const isTotal = (value: Cell | RunningTotal | undefined): value is RunningTotal =>
  typeof value === "object" && value !== null;
