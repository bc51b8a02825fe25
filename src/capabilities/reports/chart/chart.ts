import { Html, html } from "../../../server/index.ts";
import { type Notation, titleOf, writeValue } from "../run/written-value.ts";
import type { Cell } from "../sheet/table.ts";
import { renderPlot } from "./plot.ts";
import { type Chart, hasNames, numberOf, type Series } from "./plotted.ts";

/** Of more bars with a name each, the rest is in the rows alone. */
const maxBars = 60;

/**
 * Renders a chart. Of names it is a table with a bar in each row; in time, an SVG as wide as the page, with its numbers
 * as a table.
 */
export function renderChart(chart: Chart, notation: Notation): Html {
  const { x, series, points, isCut } = chart;
  const names = hasNames(chart);
  const shown = names ? Math.min(points.length, maxBars) : points.length;
  const isAmount = series.every((one) => one.isAmount);
  const title = titleOf({ title: chart.title, isAmount }, notation);
  const rest =
    (isCut || shown < points.length) &&
    ` – the first ${shown} of ${isCut ? "more than " : ""}${points.length}`;
  const labels = points.map((point) => writeValue(point, x, notation) || "–");
  const table = renderNumbers(chart, title, labels.slice(0, shown), names, notation);
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

/** The numbers of a chart as a table, with bars beside them or without. */
function renderNumbers(
  { x, series }: Chart,
  title: string,
  labels: readonly string[],
  hasBars: boolean,
  notation: Notation,
): Html {
  const bars = series.map(({ values }) => scaleOf(values.slice(0, labels.length)));
  const renderValue = (one: Series, point: number, index: number) =>
    html`<td class="number">${writeValue(one.values[point], one, notation)}</td>${
      hasBars && html`<td class="drawn">${renderBar(bars[index]?.(one.values[point]), index)}</td>`
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

/** Where a bar begins and how long it is, in percent. */
interface Bar {
  readonly start: number;
  readonly length: number;
}

/** The bars of values, from 0 on. */
function scaleOf(values: readonly Cell[]): (value: Cell | undefined) => Bar | undefined {
  const numbers = values.map(numberOf).filter((value) => value !== undefined);
  const [low, high] = [Math.min(0, ...numbers), Math.max(0, ...numbers)];
  const percent = (value: number) => ((value - low) / (high - low || 1)) * 100;
  return (cell) => {
    const value = numberOf(cell);
    if (value === undefined) return undefined;
    const start = percent(Math.min(0, value));
    return { start, length: percent(Math.max(0, value)) - start };
  };
}

const renderBar = (bar: Bar | undefined, index: number) =>
  bar &&
  html`<svg class="fill-${index + 1}" width="100%" height="14" aria-hidden="true"><rect x="${bar.start.toFixed(2)}%" width="${bar.length.toFixed(2)}%" height="14"/></svg>`;
