import { type Content, html } from "../../../server/index.ts";
import { printValue } from "../definition/parameter.ts";
import type { ComparedRow, ComparedRun } from "../run/compared-rows.ts";
import { percentChange } from "../run/totals.ts";
import { dayInWords, type Notation, type WrittenColumn, writeValue } from "../run/written-value.ts";
import { differenceOf } from "../sheet/decimal-sum.ts";
import type { SheetRow } from "../sheet/table.ts";
import type { ReportUrls } from "./report-urls.ts";
import type { PageColumn } from "./result-table.ts";

/** A report at two times, in the form shown on a page. */
export type Comparison = ReturnType<typeof showComparison>;

/** Selects the rows shown on a page: only changed rows, unless all are requested. */
export function showComparison({ rows, totals, call, against }: ComparedRun, showsUnchanged: boolean) {
  const compared = new Map<SheetRow, ComparedRow>();
  const counts = { new: 0, gone: 0, changed: 0, unchanged: 0 };
  for (const row of rows) {
    counts[row.change]++;
    if (row.change !== "unchanged" || showsUnchanged)
      compared.set([...(row.now ?? row.before ?? []), row.change], row);
  }
  return {
    /** The shown rows, each with its current or else its previous values, followed by its change. */
    rows: [...compared.keys()],
    /** The compared values of each row. */
    compared,
    changed: rows.filter(({ change }) => change === "changed"),
    counts,
    totals,
    call,
    against,
    showsUnchanged,
  };
}

/** Returns whether a row has changed in a column. */
const differs = ({ now = [], before = [] }: ComparedRow, { indexes, ages }: PageColumn) =>
  !ages && indexes.some((index) => now[index] !== before[index]);

/**
 * Returns the columns of a comparison: the change follows the name. Changed totals come first on small screens, and
 * optional columns are shown if a row has changed in nothing else.
 */
export function comparedColumns(
  columns: readonly PageColumn[],
  { changed, call: { report } }: Comparison,
): readonly PageColumn[] {
  const few = columns.filter(({ isMore }) => !isMore);
  const hidden = changed.filter((row) => !few.some((column) => differs(row, column)));
  const [name, ...others] = columns.map((column) => ({
    ...column,
    isMore: column.isMore && !hidden.some((row) => differs(row, column)),
    isFirst: column.isFirst || (column.total === "sum" && changed.some((row) => differs(row, column))),
  }));
  const change: PageColumn = {
    title: "Change",
    type: "text",
    holds: "code",
    indexes: [report.columns.length],
    between: "",
    isFirst: true,
    ages: true,
  };
  return [...(name ? [name] : []), change, ...others];
}

/** Renders the previous and current totals, their differences, the number of changed rows, and a link to the others. */
export function renderChanges(
  { counts, changed, totals, call, against, showsUnchanged }: Comparison,
  columns: readonly PageColumn[],
  urls: ReportUrls,
  notation: Notation,
): Content {
  const { report, variables, asOf } = call;
  const { unchanged } = counts;
  const kept = counts.changed + unchanged;
  const line = (title: string, before: Content, now: Content, change?: Content, percent?: Content) =>
    html`<tr><th scope="row">${title}</th><td class="number">${before}</td><td class="number">${now}</td><td class="number">${change}</td><td class="number">${percent}</td></tr>\n`;
  type Text = string | null;
  const compare = (title: string, column: WrittenColumn, before: Text, now: Text, isPlain: boolean) => {
    const written = (text: Text) => writeValue(text, column, notation) || "–";
    const signed = (text: Text, as: WrittenColumn) =>
      text === null ? "" : (/^[\d.]*[1-9]/.test(text) ? "+" : "") + writeValue(text, as, notation);
    const difference = now === null || before === null ? null : differenceOf(now, before);
    const percent = isPlain ? percentChange(now, before) : null;
    return line(
      title,
      written(before),
      written(now),
      signed(difference, column),
      signed(percent, { type: "decimal" }),
    );
  };
  const parameters = report.parameters
    .map(
      ({ title, name }) => [title, printValue(against.variables[name]), printValue(variables[name])] as const,
    )
    .filter(([, before, now]) => before !== now);
  const inWhat = columns
    .filter(({ isMore }) => !isMore)
    .map((column) => [column.title, changed.filter((row) => differs(row, column)).length] as const)
    .filter(([, count]) => count > 0)
    .map(([title, count]) => `${title}: ${count}`);
  const others = html`<a href="${urls.page({ _unchanged: showsUnchanged ? "" : "1" })}#result">${showsUnchanged ? "Hide" : "Show"} ${unchanged === 1 ? "it" : "them"}</a>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="What has changed"><table class="changes">
<thead><tr><td></td><th scope="col" class="number">${dayInWords(against.asOf)}</th><th scope="col" class="number">${asOf === undefined ? "Now" : dayInWords(asOf)}</th><th scope="col" class="number">Change</th><th scope="col" class="number">%</th></tr></thead>
<tbody>${parameters.map(([title, before, now]) => line(title, before, now))}
${compare("Rows", { type: "integer" }, String(kept + counts.gone), String(kept + counts.new), true)}
${columns
  .filter(({ total, isMore }) => total && !isMore)
  .map((column) => {
    const [index = 0] = column.indexes;
    return compare(
      column.title,
      column,
      totals.before[index] ?? null,
      totals.now[index] ?? null,
      column.total === "sum",
    );
  })}</tbody></table></div>
${
  parameters.length > 0 &&
  html`<p>Relative days, such as ${"today-1m"}, count from each of the two days: to compare the same days, write dates.</p>
`
}<p>${`Rows: ${counts.new} new, ${counts.gone} gone, ${counts.changed} changed${inWhat.length > 0 ? ` (${inWhat.join("; ")})` : ""}, ${unchanged} as ${unchanged === 1 ? "it was" : "they were"}. `}${unchanged > 0 && !urls.isFrozen && others}</p>`;
}
