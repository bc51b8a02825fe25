import type { FastifyInstance, onRequestHookHandler } from "fastify";
import { type Content, html, type Page, sendPage, throttledConfig } from "../../../server/index.ts";
import type { ReportColumn } from "../definition/columns.ts";
import {
  type BrokenReport,
  type Grouping,
  isBroken,
  type Report,
  type Reports,
} from "../definition/report.ts";
import type { TableAnswer } from "../run/table-answer.ts";
import { dayInWords, formatTime, type Notation, wordsOf } from "../run/written-value.ts";
import type { SheetRow } from "../sheet/table.ts";
import { type Comparison, comparedColumns, renderChanges } from "./compared-page.ts";
import { renderFormats, renderPrograms } from "./other-programs.ts";
import { type FormField, renderForm } from "./parameter-form.ts";
import type { ReportUrls } from "./report-urls.ts";
import { type PageColumn, pageColumns, renderTable, writeCell } from "./result-table.ts";
import type { PageNumber, ShownRows } from "./shown-rows.ts";

/** Adds `/reports`, the list of all reports. */
export function addGalleryRoutes(
  app: FastifyInstance,
  reports: () => Reports,
  reportHooks: readonly onRequestHookHandler[],
): void {
  const orderOf = (report: Report | BrokenReport) => (!isBroken(report) && report.order) || Number.MAX_VALUE;
  const config = { ...throttledConfig, page: "Reports", about: "reports, also as files for spreadsheets" };
  app.get("/reports", { config, onRequest: [...reportHooks] }, (_request, reply) => {
    const sorted = [...reports().values()].sort((one, other) => orderOf(one) - orderOf(other));
    return sendPage(reply, 200, renderGallery(sorted));
  });
}

/** Renders the list of all reports. */
function renderGallery(reports: readonly (Report | BrokenReport)[]): Page {
  const body = html`<h1>Reports</h1>
<p class="lead">Each has a page, and an address from which spreadsheets and other programs can reload it.</p>
${
  reports.length === 0
    ? html`<p class="empty">There are no reports: the folder that REPORTS names is empty.</p>`
    : html`<ul class="reports">
${reports.map(renderListed)}</ul>`
}`;
  return { title: "Reports", body };
}

function renderListed(report: Report | BrokenReport) {
  if (isBroken(report))
    return html`<li><h2>${report.name}</h2><p>It is disabled until its document is fixed. ${report.fault}</p></li>
`;
  const { name, title, description } = report;
  return html`<li><h2><a href="/reports/${name}">${title}</a></h2><p>${splitSentences(description)[0]}</p>
${renderFormats(`Download ${title}`, (ending) => `/reports/${name}.${ending}`, ["xlsx", "csv"])}</li>
`;
}

/** Splits a description into its first sentence and the rest. */
function splitSentences(description = ""): readonly [first: string, rest: string | undefined] {
  const [, first = description, rest] = /^(.+?\.)\s+(.+)$/s.exec(description) ?? [];
  return [first, rest];
}

/** A finished report, in the form shown on a page. */
interface ShownReport extends ShownRows {
  readonly fileColumns: readonly ReportColumn[];
  /** The comparison, if there is one. */
  readonly comparison: Comparison | undefined;
  /** The column that groups its rows; undefined if there is none. */
  readonly grouping: Grouping | undefined;
  /** Whether it shows all columns initially. */
  readonly showsMore: boolean;
  readonly answer: TableAnswer;
  /** In milliseconds. */
  readonly duration: number;
}

/** Renders the main figures: the number of rows, and their totals. */
function renderFigures(
  { rowCount, totals }: ShownReport,
  columns: readonly PageColumn[],
  notation: Notation,
): Content {
  const totalled = totals ? columns.filter(({ total, isMore }) => total && !isMore) : [];
  return html`<dl class="figures">
<div><dt>Rows</dt><dd>${rowCount.toLocaleString("en")}</dd></div>
${totalled.map((column) => html`<div><dt>${column.title}</dt><dd>${writeCell(totals ?? [], column, notation) || "–"}</dd></div>\n`)}</dl>`;
}

/** Renders which data was unreadable. */
function renderGaps({ unreadable, omissions }: ShownReport["answer"]): Content {
  if (unreadable + omissions === 0) return undefined;
  return html`<div class="note bad" role="alert"><p><b>Incomplete:</b> some of Alma's data could not be read.
${unreadable > 0 && `Unreadable values (${unreadable.toLocaleString("en")}) show as #N/A, and totals omit them. `}
${omissions > 0 && "Records may be missing from the rows, or from their numbers."}</p></div>`;
}

/** Renders which settings of the gateway, and which scopes of the caller, are missing. */
function renderMissing({ missingSettings, missingScopes }: ShownReport["answer"]): Content {
  return [
    { names: missingSettings, what: "setting", rest: "that the gateway's operator has not set" },
    { names: missingScopes, what: "scope", rest: "that your key does not have" },
  ].map(
    ({ names, what, rest }) =>
      names.length > 0 &&
      html`<div class="note" role="note"><p><b>Some columns are empty:</b> they need ${names.length === 1 ? `a ${what}` : `${what}s`} ${rest}:
${names.map((name, index) => html`${index > 0 && ", "}<code>${name}</code>`)}.</p></div>`,
  );
}

/** Renders the age of the data and the cost of the report. */
function renderFacts({ answer, duration }: ShownReport, timeZone: string): Content {
  const { oldest, oldestBefore, calls } = answer;
  const ms = Math.max(1, Math.round(duration)).toLocaleString("en");
  const age = (label: string, moment: string | null) =>
    moment !== null &&
    html`<div><dt>${label}</dt><dd><time datetime="${moment}">${formatTime(timeZone, moment)}</time> or later
(${ago((Date.now() - Date.parse(moment)) / 1000)})</dd></div>`;
  return html`<dl class="facts">
${age("As of", oldest)}
${age("Compared with data as of", oldestBefore)}
<div class="screen"><dt>Cost</dt><dd>${calls.toLocaleString("en")} ${calls === 1 ? "call" : "calls"} to Alma, ${ms} ms</dd></div>
</dl>`;
}

/** The units of elapsed time: their seconds, and the limit of each. */
const units = [
  ["second", 1, 90],
  ["minute", 60, 5400],
  ["hour", 3600, 172_800],
  ["day", 86_400, Infinity],
] as const;

/** Formats elapsed seconds in words. */
function ago(seconds: number) {
  const [unit, size] = units.find(([, , end]) => seconds < end) ?? units[3];
  return new Intl.RelativeTimeFormat("en").format(-Math.max(0, Math.round(seconds / size)), unit);
}

/** The parts of a page that do not depend on its rows. */
export interface ReportHead {
  readonly report: Report;
  readonly fields: readonly FormField[];
  /** The rest of the URL, besides the parameters. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly urls: ReportUrls;
  /** Whether the gateway requires keys. */
  readonly needsKey: boolean;
  /** The time zone of the portfolio. */
  readonly timeZone: string;
  /** The day at whose end the data is shown; undefined for now. */
  readonly asOf: string | undefined;
}

/** Renders a page with the rows of a report. `drawing`: its chart, and whether the chart is above the rows. */
export function renderReport(
  head: ReportHead,
  shown: ShownReport,
  notation: Notation,
  drawing: { readonly content: Content; readonly isAbove: boolean } | undefined,
): Page {
  const { answer, comparison } = shown;
  const { report, urls, needsKey, timeZone } = head;
  const columns = pageColumns(report, notation);
  return renderReportPage(
    head,
    html`${renderGaps(answer)}
${renderMissing(answer)}
${comparison ? renderChanges(comparison, columns, urls, notation) : renderFigures(shown, columns, notation)}
${renderFacts(shown, timeZone)}
${drawing?.isAbove && drawing.content}
${renderRows(head, shown, comparison ? comparedColumns(columns, comparison) : columns, notation)}
${!drawing?.isAbove && drawing?.content}
${!urls.isFrozen && renderPrograms(urls, needsKey, shown.fileColumns)}`,
  );
}

/** Renders a page with other content instead of the rows. `refresh`: the seconds after which the browser reloads. */
export function renderReportPage(head: ReportHead, body: Content, refresh?: number): Page {
  const { report, fields, options, urls, asOf } = head;
  const { title, description } = report;
  const [first, rest] = splitSentences(description);
  const parameterTexts = fields.flatMap(describeField);
  return {
    title,
    script: "reports.js",
    body: html`<h1>${title}</h1>
${asOf !== undefined && html`<p class="lead" id="past">As known at the end of ${dayInWords(asOf)}</p>`}
${first && html`<p class="lead">${first}</p>`}
${rest && html`<details class="counted"><summary>What is counted, and how</summary><p>${rest}</p></details>`}
${parameterTexts.length > 0 && html`<p class="${urls.isFrozen ? "asked" : "paper asked"}">${inLine(parameterTexts)}</p>`}
${!urls.isFrozen && renderForm(`/reports/${urls.name}`, fields, options)}
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
  const { rows, rowCount, subtotals, totals, comparison, showsMore, grouping } = report;
  const { urls } = head;
  const { title } = head.report;
  const files = renderFormats(
    "Download",
    (ending) => urls.file(ending),
    urls.isFrozen ? [] : ["xlsx", "csv"],
  );
  if (rowCount === 0)
    return html`<div class="tools">${files}</div><p class="empty">${
      comparison && comparison.counts.unchanged > 0
        ? "No row has changed."
        : "No rows match these parameters."
    }</p>`;
  if (rows.length === 0)
    return html`<p class="empty">There is no page ${report.page}.</p>${renderPages(report, urls)}`;
  const same = columns.filter((column, index) => index > 0 && isSame(column, report, notation));
  const hasMore = columns.some(({ isMore }) => isMore);
  const caption = `${title}, ${rows.length < rowCount ? rangeOf(report) : "all rows"}`;
  const running = inLine([title, ...head.fields.flatMap(describeField), printedAt(report, head.timeZone)]);
  const toggle = html`<a class="${hasMore ? "button" : "button on-small"}" id="more" href="${urls.page({ _columns: showsMore ? "" : "all" })}#result">${showsMore ? "Fewer columns" : "More columns"}</a>`;
  return html`<section class="${showsMore ? "result shows-more" : "result"}" id="result" aria-label="Rows" data-rows="${rowCount}">
<div class="tools">${toggle}${files}</div>
<p class="paper" id="part">${rows.length < rowCount && `Only ${rangeOf(report)}. The Excel file has all.`}</p>
${same.length > 0 && html`<dl class="facts same">${same.map((column) => html`<div><dt>${column.title}:</dt><dd>${writeCell(report.same as SheetRow, column, notation)}</dd></div>\n`)}</dl>`}
${renderTable({ caption, columns: columns.filter((column) => !same.includes(column)), rows, compared: comparison?.compared, subtotals, hasSheets: grouping?.hasSheets, grouped: grouping && columns.find(({ indexes }) => indexes.includes(head.report.columns.indexOf(grouping.label))), totals, running }, notation)}
${renderPages(report, urls)}</section>`;
}

/** Returns whether a column has the same text in every row, so that it is shown once above the rows. */
const isSame = (column: PageColumn, { same }: ShownReport, notation: Notation) =>
  !column.total &&
  !column.isMore &&
  column.indexes.every((index) => same[index] !== undefined) &&
  writeCell(same as SheetRow, column, notation) !== "";

/** Describes a parameter for printing. */
function describeField({ label, kind, values, meaning }: FormField) {
  const written = values.map((value) => (kind === "choice" ? wordsOf(value) : value)).join(", ");
  return written === "" ? [] : [`${label} ${meaning || written}`];
}

/** Puts texts of either direction in a line. */
const inLine = (texts: readonly string[]) =>
  texts.map((text, index) => html`${index > 0 && " · "}<bdi>${text}</bdi>`);

/** Returns the date that distinguishes printouts of the same report. */
const printedAt = ({ answer: { oldest } }: ShownReport, timeZone: string) =>
  `${oldest === null ? "" : `as of ${formatTime(timeZone, oldest)} or later, `}made ${formatTime(timeZone, new Date().toISOString())}`;

const rangeOf = ({ rows, start, rowCount }: ShownReport) =>
  `rows ${(start + 1).toLocaleString("en")} to ${(start + rows.length).toLocaleString("en")} of ${rowCount.toLocaleString("en")}`;

/** Renders links to the other pages. */
function renderPages({ page, pageCount, rowCount, rows }: ShownReport, urls: ReportUrls): Content {
  if (pageCount <= 1 || urls.isFrozen) return undefined;
  const link = (to: PageNumber, label: string) =>
    to === page
      ? html`<b aria-current="page">${label}</b>`
      : html`<a href="${urls.page({ _page: String(to) })}#result">${label}</a>`;
  const near = Array.from({ length: pageCount }, (_, index) => index + 1).filter(
    (number) => number === 1 || number === pageCount || Math.abs(number - (page === "all" ? 1 : page)) <= 2,
  );
  return html`<nav class="pages" aria-label="Pages">${
    page === "all" && rows.length < rowCount && "A page shows no more rows; files contain all. "
  }${near.map((number) => html`${link(number, String(number))} `)}${link("all", "All rows")}</nav>`;
}
