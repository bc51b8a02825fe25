import { Html, html } from "../../../server/index.ts";
import { type Notation, writeValue } from "../run/written-value.ts";
import { type Chart, numberOf, type Series } from "./plotted.ts";

/** Pixels. Across, a plot is measured in percent: it is as wide as the page. */
const height = 180;
/** Space above the highest value, in pixels. */
const above = 14;
/** Labels below the plot: on a wide screen, and how many of these a phone has. */
const maxLabels = { wide: 13, narrow: 4 };
/** With more points, bars would be hairs: a line is drawn. */
const maxBars = 60;
/** With more, points are no stops of the keyboard; with still more, their values are in the table alone. */
const maxStops = 40;
const maxHovered = 120;
/** Pixels of a line of what is said of a point, and of the box that it stands in. */
const lineHeight = 17;
const boxWidth = 250;

/** Renders a chart in time as SVG. What is known of a point is said where it is pointed at, or gets the focus. */
export function renderPlot(chart: Chart, title: string, labels: readonly string[], notation: Notation): Html {
  const { series, x } = chart;
  const count = labels.length;
  const isBars = chart.kind === "bar" && count <= maxBars;
  const numbers = series.flatMap(({ values }) => values.map(numberOf)).filter((value) => value !== undefined);
  const ticks = ticksOf(Math.min(0, ...numbers), Math.max(0, ...numbers));
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
  const yOf = (value: number) => round(above + ((high - value) / (high - low)) * (height - above));
  /** The middle of a point, in percent. */
  const xOf = (point: number) => ((point + 0.5) / count) * 100;
  const amount = new Intl.NumberFormat(notation.locale, { notation: "compact", maximumFractionDigits: 1 });
  const areMonths = x.type === "date" && labels.every((label) => label.endsWith("-01"));
  const short = areMonths ? labels.map((label) => label.slice(0, 7)) : labels;
  const step = Math.ceil(count / maxLabels.wide);
  const sparse = step * Math.ceil(Math.ceil(count / step) / maxLabels.narrow);
  const shapes = series.map((one, index) =>
    isBars ? renderBars(one, index, series.length, yOf) : renderLine(one, index, count, yOf),
  );
  return html`${
    series.length > 1 &&
    html`<ul class="legend" aria-hidden="true">${series.map(
      (one, index) => html`<li class="${seriesClass(one, index)}">${one.title}</li>`,
    )}</ul>`
  }
<div class="plot"><svg class="axis" width="52" height="${height + 24}" aria-hidden="true">${ticks.map(
    (tick) => html`<text x="46" y="${yOf(tick) + 4}" text-anchor="end">${amount.format(tick)}</text>`,
  )}</svg>
<svg class="area" height="${height + 24}" role="group" aria-label="${title}">
${ticks.map((tick) => html`<line class="${tick === 0 ? "zero" : "grid"}" x1="0" x2="100%" y1="${yOf(tick)}" y2="${yOf(tick)}"/>`)}
${shapes}
${short.map(
  (label, point) =>
    point % step === 0 &&
    html`<text class="${point % sparse === 0 ? "label" : "label wide"}" x="${round(xOf(point))}%" y="${height + 18}" text-anchor="middle">${label}</text>`,
)}
${count <= maxHovered && short.map((label, point) => renderPoint(chart, label, point, count, notation))}
</svg></div>`;
}

const round = (value: number) => Math.round(value * 100) / 100;

const seriesClass = ({ isOverall }: Series, index: number) => (isOverall ? "overall" : `series-${index + 1}`);

/** Values that an axis names: from `low` to `high`, about four steps of 1, 2 or 5 times a power of ten. */
function ticksOf(low: number, high: number) {
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= span / 4) ?? 10);
  const [first, last] = [Math.floor(low / step), Math.ceil((low + span) / step)];
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

function renderBars(one: Series, index: number, seriesCount: number, yOf: (value: number) => number) {
  const count = one.values.length;
  const width = (100 / count) * 0.72;
  const bars = one.values.map((cell, point) => {
    const value = numberOf(cell);
    if (value === undefined) return undefined;
    const [top, bottom] = [yOf(Math.max(0, value)), yOf(Math.min(0, value))];
    const start = (100 / count) * (point + 0.14) + (width / seriesCount) * index;
    return html`<rect x="${round(start)}%" width="${round(width / seriesCount)}%" y="${top}" height="${round(bottom - top)}"/>`;
  });
  return html`<g class="bars ${seriesClass(one, index)}">${bars}</g>`;
}

/** A line in a drawing of its own, which is stretched over the width; where there is no number, it is interrupted. */
function renderLine(one: Series, index: number, count: number, yOf: (value: number) => number): Html {
  const pieces: string[][] = [[]];
  for (const [point, cell] of one.values.entries()) {
    const value = numberOf(cell);
    if (value === undefined) pieces.push([]);
    else pieces.at(-1)?.push(`${round(((point + 0.5) / count) * 1000)},${yOf(value)}`);
  }
  const lines = pieces
    .filter((piece) => piece.length > 0)
    // One point alone is a dot: a line of no length with round ends.
    .map(
      (piece) => html`<polyline points="${(piece.length === 1 ? [...piece, ...piece] : piece).join(" ")}"/>`,
    );
  return html`<svg class="line ${seriesClass(one, index)}" viewBox="0 0 1000 ${height}" width="100%" height="${height}" preserveAspectRatio="none">${lines}</svg>`;
}

/** What is said of a point, in a box on the other side of the plot. */
function renderPoint(
  { series, points, x }: Chart,
  label: string,
  point: number,
  count: number,
  notation: Notation,
): Html {
  const said = series.map((one) => ({
    title: one.title,
    value: writeValue(one.values[point], one, notation) || "–",
  }));
  const whole = writeValue(points[point], x, notation) || "–";
  const name = `${whole}: ${said.map(({ title, value }) => `${title} ${value}`).join(", ")}`;
  const stop = count <= maxStops && new Html(' tabindex="0"');
  const isLeft = point >= count / 2;
  const at = (inside: number) => (isLeft ? html`x="${inside}"` : html`x="100%" dx="${inside - boxWidth}"`);
  const middle = `${round(((point + 0.5) / count) * 100)}%`;
  return html`<g class="point"${stop} role="img" aria-label="${name}"><rect class="hit" x="${round((point / count) * 100)}%" width="${round(100 / count)}%" height="${height}"/>
<g class="said"><line x1="${middle}" x2="${middle}" y1="0" y2="${height}"/><rect class="box" ${
    isLeft ? html`x="0"` : html`x="100%" transform="translate(-${boxWidth} 0)"`
  } y="0" width="${boxWidth}" height="${(said.length + 1) * lineHeight + 8}"/><text ${at(10)} y="${lineHeight}">${label}</text>${said.map(
    ({ title, value }, index) =>
      html`<text ${at(10)} y="${(index + 2) * lineHeight}">${title}</text><text ${at(boxWidth - 10)} y="${(index + 2) * lineHeight}" text-anchor="end">${value}</text>`,
  )}</g></g>`;
}
