import { momentIn } from "../run/about.ts";
import type { TableAnswer } from "../run/table-query.ts";
import type { Column } from "../sheet/table.ts";
import { renderFormats } from "./gallery-page.ts";
import { type Content, html } from "./html.ts";
import { renderPrograms } from "./other-programs.ts";
import { renderPage } from "./page.ts";
import { type FormField, renderForm } from "./parameter-form.ts";
import type { ReportAddress } from "./report-address.ts";
import { type Locale, renderTable } from "./result-table.ts";
import type { ShownRows } from "./shown-rows.ts";

/** What a page shows whatever becomes of its rows. */
export interface ReportHead {
  readonly title: string;
  readonly description: string | undefined;
  readonly fields: readonly FormField[];
  /** What is in the address beside the parameters. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly address: ReportAddress;
  /** Whether the gateway asks for keys. */
  readonly needsKey: boolean;
  /** The portfolio's. */
  readonly timeZone: string;
}

/** A report that was run, as a page shows it. */
interface ShownReport extends ShownRows {
  readonly columns: readonly Column[];
  readonly answer: Pick<TableAnswer, "oldest" | "calls" | "unreadable" | "omissions" | "missingSettings">;
  /** Milliseconds. */
  readonly duration: number;
}

/** Renders a page with the rows of a report. `drawing`: its chart, if it has one. */
export function renderReport(
  head: ReportHead,
  report: ShownReport,
  locale: Locale,
  drawing: Content,
): string {
  const { answer } = report;
  const { address, needsKey, timeZone } = head;
  return renderHead(
    head,
    html`${renderGaps(answer)}
${renderSettings(answer)}
${renderFacts(report, timeZone)}
${renderFormats("Download", (ending) => address.file(ending))}
${drawing}
${renderRows(head.title, report, locale)}
${renderPrograms(address, needsKey)}`,
  );
}

/** Renders a page with something else in place of the rows. `refresh`: seconds after which the browser asks again. */
export function renderHead(head: ReportHead, body: Content, refresh?: number): string {
  const { title, description, fields, options, address } = head;
  return renderPage({
    title,
    isReport: true,
    body: html`<h1>${title}</h1>
${description && html`<p class="lead">${description}</p>`}
${renderForm(`/reports/${address.name}`, fields, options)}
${body}`,
    ...(refresh !== undefined && { refresh }),
  });
}

function renderRows(
  title: string,
  { columns, rows, rowCount, totals }: ShownReport,
  locale: Locale,
): Content {
  if (rowCount === 0) return html`<p class="empty">No rows: nothing fits these parameters.</p>`;
  const isCut = rowCount > rows.length;
  const caption = `${title}, ${isCut ? `the first ${rows.length} rows` : "all rows"}`;
  return html`${isCut && html`<p class="soft">The first ${rows.length} of ${count(rowCount, "row")}; totals and files have all.</p>`}
${renderTable({ caption, columns, rows, totals }, locale)}`;
}

function renderGaps({ unreadable, omissions }: ShownReport["answer"]): Content {
  if (unreadable + omissions === 0) return undefined;
  return html`<div class="note bad" role="alert"><p><b>Incomplete:</b> some of Alma's data could not be read.
${unreadable > 0 && `Unreadable values, ${unreadable.toLocaleString("en")}, show as #N/A, and totals are without them. `}
${omissions > 0 && "Records may be missing from the rows, or from their numbers."}</p></div>`;
}

function renderSettings({ missingSettings }: ShownReport["answer"]): Content {
  if (missingSettings.length === 0) return undefined;
  const names = missingSettings.map((name, index) => html`${index > 0 && ", "}<code>${name}</code>`);
  const what = missingSettings.length === 1 ? "this setting" : "these settings";
  return html`<div class="note" role="note"><p><b>Some columns are empty:</b> they need ${what} of the gateway, and its
operator has not set ${missingSettings.length === 1 ? "it" : "them"}: ${names}.</p></div>`;
}

function renderFacts(
  { rowCount, answer: { oldest, calls }, duration }: ShownReport,
  timeZone: string,
): Content {
  const ms = Math.max(1, Math.round(duration)).toLocaleString("en");
  return html`<dl class="facts">
<div><dt>Rows</dt><dd>${rowCount.toLocaleString("en")}</dd></div>
${
  oldest !== null &&
  html`<div><dt>As of</dt><dd><time datetime="${oldest}">${momentIn(timeZone, oldest)}</time>
(${ago((Date.now() - Date.parse(oldest)) / 1000)})</dd></div>`
}
<div><dt>Cost</dt><dd>${count(calls, "call")} to Alma, ${ms} ms</dd></div>
</dl>`;
}

const count = (number: number, what: string): string =>
  `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;

/** Seconds in words. */
function ago(seconds: number): string {
  if (seconds < 90) return `${count(Math.max(0, Math.round(seconds)), "second")} ago`;
  if (seconds < 5400) return `${count(Math.round(seconds / 60), "minute")} ago`;
  return `${count(Math.round(seconds / 3600), "hour")} ago`;
}
