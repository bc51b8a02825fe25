import { type Content, html, type Page } from "../../../server/index.ts";
import type { Report } from "../definition/report.ts";
import { momentIn } from "../run/about.ts";
import { dayInWords, type Notation, wordsOf } from "../run/written-value.ts";
import type { Row } from "../sheet/table.ts";
import { comparedColumns, renderChanges } from "./comparison.ts";
import { renderFormats, splitSentences } from "./gallery-page.ts";
import { renderPrograms } from "./other-programs.ts";
import { type PageColumn, pageColumns, writeCell } from "./page-column.ts";
import { type FormField, renderForm } from "./parameter-form.ts";
import type { ReportAddress } from "./report-address.ts";
import { renderFacts, renderFigures, renderGaps, renderMissing, type ShownReport } from "./report-facts.ts";
import { renderTable } from "./result-table.ts";
import type { PageNumber } from "./shown-rows.ts";

/** What a page shows whatever becomes of its rows. */
export interface ReportHead {
  readonly report: Report;
  readonly fields: readonly FormField[];
  /** What is in the address beside the parameters. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly address: ReportAddress;
  /** Whether the gateway asks for keys. */
  readonly needsKey: boolean;
  /** The portfolio's. */
  readonly timeZone: string;
  /** The day at the end of which all was known as it is; undefined for now. */
  readonly asOf: string | undefined;
}

/** Renders a page with the rows of a report. `drawing`: its chart, and whether that is above the rows. */
export function renderReport(
  head: ReportHead,
  shown: ShownReport,
  notation: Notation,
  drawing: { readonly content: Content; readonly isAbove: boolean } | undefined,
): Page {
  const { answer, comparison } = shown;
  const { report, address, needsKey, timeZone } = head;
  const columns = pageColumns(report, notation);
  return renderHead(
    head,
    html`${renderGaps(answer)}
${renderMissing(answer)}
${comparison ? renderChanges(comparison, columns, address, notation) : renderFigures(shown, columns, notation)}
${renderFacts(shown, timeZone)}
${drawing?.isAbove && drawing.content}
${renderRows(head, shown, comparison ? comparedColumns(columns, comparison) : columns, notation)}
${!drawing?.isAbove && drawing?.content}
${renderPrograms(address, needsKey, shown.fileColumns)}`,
  );
}

/** Renders a page with something else in place of the rows. `refresh`: seconds after which the browser asks again. */
export function renderHead(head: ReportHead, body: Content, refresh?: number): Page {
  const { report, fields, options, address, asOf } = head;
  const { title, description } = report;
  const [first, rest] = splitSentences(description);
  const asked = fields.flatMap(saidOf).join(" · ");
  return {
    title,
    script: "reports.js",
    body: html`<h1>${title}</h1>
${asOf !== undefined && html`<p class="lead" id="past">As known at the end of ${dayInWords(asOf)}</p>`}
${first && html`<p class="lead">${first}</p>`}
${rest && html`<details class="counted"><summary>What is counted, and how</summary><p>${rest}</p></details>`}
${asked !== "" && html`<p class="paper asked">${asked}</p>`}
${renderForm(`/reports/${address.name}`, fields, options)}
${body}`,
    refresh,
  };
}

function renderRows(
  head: ReportHead,
  report: ShownReport,
  columns: readonly PageColumn[],
  notation: Notation,
): Content {
  const { rows, rowCount, subtotals, totals, comparison, showsMore } = report;
  const { address } = head;
  const { title } = head.report;
  const files = renderFormats("Download", (ending) => address.file(ending), ["xlsx", "csv"]);
  if (rowCount === 0)
    return html`<div class="tools">${files}</div><p class="empty">${
      comparison && comparison.counts.unchanged > 0
        ? "No row has changed."
        : "No rows: nothing fits these parameters."
    }</p>`;
  if (rows.length === 0)
    return html`<p class="empty">There is no page ${report.page}.</p>${renderPages(report, address)}`;
  const same = columns.filter((column, index) => index > 0 && isSame(column, report, notation));
  const hasMore = columns.some(({ isMore }) => isMore);
  const caption = `${title}, ${rows.length < rowCount ? rangeOf(report) : "all rows"}`;
  const running = [title, ...head.fields.flatMap(saidOf), asOf(report, head.timeZone)].join(" · ");
  const toggle = html`<a class="${hasMore ? "button" : "button on-small"}" id="more" href="${address.page({ _columns: showsMore ? "" : "all" })}#result">${showsMore ? "Fewer columns" : "More columns"}</a>`;
  return html`<section class="${showsMore ? "result shows-more" : "result"}" id="result" aria-label="Rows" data-rows="${rowCount}">
<div class="tools">${toggle}${files}</div>
<p class="paper" id="part">${rows.length < rowCount && `Only ${rangeOf(report)}. The Excel file has all.`}</p>
${same.length > 0 && html`<dl class="facts same">${same.map((column) => html`<div><dt>${column.title}:</dt><dd>${writeCell(report.same as Row, column, notation)}</dd></div>\n`)}</dl>`}
${renderTable({ caption, columns: columns.filter((column) => !same.includes(column)), rows, compared: comparison?.compared, subtotals, totals, running }, notation)}
${renderPages(report, address)}</section>`;
}

/** Whether a column has the same text in every row, so that it stands once above them. */
const isSame = (column: PageColumn, { same }: ShownReport, notation: Notation) =>
  !column.total &&
  !column.isMore &&
  column.indexes.every((index) => same[index] !== undefined) &&
  writeCell(same as Row, column, notation) !== "";

/** What a parameter was, for a sheet of paper. */
function saidOf({ label, kind, values, meaning }: FormField) {
  const written = values.map((value) => (kind === "choice" ? wordsOf(value) : value)).join(", ");
  return written === "" ? [] : [`${label} ${meaning || written}`];
}

/** What of a sheet of paper tells it from another one of the same report. */
const asOf = ({ answer: { oldest } }: ShownReport, timeZone: string) =>
  `${oldest === null ? "" : `as of ${momentIn(timeZone, oldest)} or later, `}made ${momentIn(timeZone, new Date().toISOString())}`;

const rangeOf = ({ rows, start, rowCount }: ShownReport) =>
  `rows ${(start + 1).toLocaleString("en")} to ${(start + rows.length).toLocaleString("en")} of ${rowCount.toLocaleString("en")}`;

/** Ways to the other rows, where a page has not all of them. */
function renderPages({ page, pageCount, rowCount, rows }: ShownReport, address: ReportAddress): Content {
  if (pageCount <= 1) return undefined;
  const link = (to: PageNumber, label: string) =>
    to === page
      ? html`<b aria-current="page">${label}</b>`
      : html`<a href="${address.page({ _page: String(to) })}#result">${label}</a>`;
  const near = Array.from({ length: pageCount }, (_, index) => index + 1).filter(
    (number) => number === 1 || number === pageCount || Math.abs(number - (page === "all" ? 1 : page)) <= 2,
  );
  return html`<nav class="pages" aria-label="Pages">${
    page === "all" && rows.length < rowCount && "These are as many as a page has; files have all. "
  }${near.map((number) => html`${link(number, String(number))} `)}${link("all", "All rows")}</nav>`;
}
