import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { Cell, Column, Row } from "../sheet/table.ts";
import { Html, html } from "./html.ts";
import { formatCell, type Locale, renderTable } from "./result-table.ts";

/** What a chart shows: series over the same points. */
export interface Chart {
  readonly kind: "bar" | "line";
  readonly title: string;
  readonly x: Pick<Column, "title" | "type">;
  /** The points along x, in the order of the report. */
  readonly points: readonly Cell[];
  /** Whether the report has more points than these. */
  readonly isCut: boolean;
  /** Exact numbers, one for each point; null where there is none. */
  readonly series: readonly (Pick<Column, "title" | "type"> & { readonly values: readonly Cell[] })[];
}

/**
 * Of more bars with a name each, the rest is in the table of numbers alone. More points along a line or in time are all
 * drawn, as a line without dots.
 */
const maxPoints = 60;
/** Pixels of the two drawings, of which the style shows the one that fits. */
const widths = { wide: 1100, narrow: 360 };
/** Characters of a label; the table has the whole. */
const maxLabel = { wide: 32, narrow: 16 };

/** Renders a chart as SVG, and its numbers as a table for those who do not see it. */
export function renderChart(chart: Chart, locale: Locale): Html {
  const { title, x, points, isCut, series } = chart;
  const shown = isAcross(chart) ? Math.min(points.length, maxPoints) : points.length;
  const columns = [x, ...series.map(({ title, type }) => ({ title, type }))];
  const rows = points.map(
    (point, index): Row => [point, ...series.map(({ values }) => values[index] ?? null)],
  );
  return html`<figure class="chart">
<figcaption>${title}${
    (isCut || shown < points.length) &&
    ` – the first ${shown} of ${isCut ? "more than " : ""}${points.length}`
  }</figcaption>
${
  series.length > 1 &&
  html`<ul class="legend" aria-hidden="true">${series.map(
    (one, index) => html`<li class="series-${index + 1}">${one.title}</li>`,
  )}</ul>`
}
<div class="wide" aria-hidden="true">${draw(chart, "wide", locale)}</div>
<div class="narrow" aria-hidden="true">${draw(chart, "narrow", locale)}</div>
<details><summary>The numbers of the chart</summary>
${renderTable({ caption: title, columns, rows }, locale)}
</details>
</figure>`;
}

/** Whether its bars lie below each other, each with its name beside it. */
const isAcross = ({ kind, x }: Chart): boolean => kind === "bar" && x.type === "text";

function draw(chart: Chart, size: keyof typeof widths, locale: Locale): Html {
  const { x, series } = chart;
  const across = isAcross(chart);
  const points = chart.points
    .slice(0, across ? maxPoints : undefined)
    .map((point) => formatCell(point, x.type, locale) || "–");
  const isDense = points.length > maxPoints;
  const kind = isDense ? "line" : chart.kind;
  const areMonths = x.type === "date" && points.every((point) => point.endsWith("-01"));
  const data = series.flatMap(({ title, values }, index) =>
    points.map((point, at) => ({
      point,
      title,
      value: isNumber(values[at]) ? Number(values[at]) : Number.NaN,
      color: `var(--series-${index + 1})`,
    })),
  );
  const label = (point: string) => (areMonths ? point.slice(0, 7) : shorten(point, maxLabel[size]));
  const amount = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const valueAxis = { label: null, grid: true, ticks: size === "wide" ? 6 : 3, tickFormat: amount.format };
  const isGrouped = kind === "bar" && series.length > 1;
  const width = widths[size];
  const titles = series.map(({ title }) => title);
  const pointAxis = {
    domain: points,
    label: null,
    tickFormat: label,
    ...(!across && { ticks: everyNth(points, size === "wide" ? 12 : 4) }),
  };
  const groupAxis = { axis: null, domain: titles };
  const longest = Math.max(0, ...points.map((point) => label(point).length));
  // Groups are facets: their axis has the points, and within each there is one bar for each series.
  const options = across
    ? {
        marginLeft: 12 + longest * 7.2,
        height: 46 + points.length * (isGrouped ? 12 + 14 * series.length : 26),
        x: valueAxis,
        ...(isGrouped ? { fy: { ...pointAxis, padding: 0.2 }, y: groupAxis } : { y: pointAxis }),
        marks: [
          Plot.barX(data, {
            x: "value",
            y: isGrouped ? "title" : "point",
            ...(isGrouped && { fy: "point" }),
            fill: "color",
          }),
          Plot.ruleX([0]),
        ],
      }
    : {
        marginLeft: 46,
        height: size === "wide" ? 320 : 240,
        y: valueAxis,
        ...(isGrouped ? { fx: { ...pointAxis, padding: 0.2 }, x: groupAxis } : { x: pointAxis }),
        marks: [
          kind === "bar"
            ? Plot.barY(data, {
                x: isGrouped ? "title" : "point",
                ...(isGrouped && { fx: "point" }),
                y: "value",
                fill: "color",
              })
            : Plot.line(data, { x: "point", y: "value", z: "title", stroke: "color", strokeWidth: 2 }),
          ...(kind === "line" && !isDense
            ? [Plot.dot(data, { x: "point", y: "value", fill: "color", r: 2.5 })]
            : []),
          Plot.ruleY([0]),
        ],
      };
  const { document } = parseHTML("<html><body></body></html>");
  const drawn = Plot.plot({
    ...options,
    width,
    document: document as never,
    className: "plot",
    color: { type: "identity" },
    ...(kind === "line" && { x: { ...pointAxis, type: "point" } }),
  } as Plot.PlotOptions);
  // The page's style has its rules: the policy of the page allows no others.
  for (const style of drawn.querySelectorAll("style")) style.remove();
  return new Html(drawn.outerHTML);
}

const shorten = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;

/** At most `count` of the points, evenly. */
function everyNth(points: readonly string[], count: number): string[] {
  const step = Math.ceil(points.length / count);
  return points.filter((_, index) => index % step === 0);
}

/** Whether a value is a number, or the text of a decimal. */
const isNumber = (value: Cell | undefined): value is string | number =>
  typeof value === "number" || typeof value === "string";
