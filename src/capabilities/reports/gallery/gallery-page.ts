import type { FastifyInstance, onRequestHookHandler } from "fastify";
import { type Content, html, type Page, sendPage, throttled } from "../../../server/index.ts";
import type { Report } from "../definition/report.ts";
import { type BrokenReport, isBroken, type Reports } from "../definition/report-folder.ts";
import { type Ending, formats } from "../sheet/format.ts";

/** Adds `/reports`, the list of all reports. */
export function addGalleryRoutes(
  app: FastifyInstance,
  reports: () => Reports,
  reportHooks: readonly onRequestHookHandler[],
): void {
  const orderOf = (report: Report | BrokenReport) => (!isBroken(report) && report.order) || Number.MAX_VALUE;
  const config = { ...throttled, page: "Reports", about: "reports, also as files for spreadsheets" };
  app.get("/reports", { config, onRequest: [...reportHooks] }, (_request, reply) => {
    const sorted = [...reports().values()].sort((one, other) => orderOf(one) - orderOf(other));
    return sendPage(reply, 200, renderGallery(sorted));
  });
}

/** Renders the list of all reports. */
function renderGallery(reports: readonly (Report | BrokenReport)[]): Page {
  const body = html`<h1>Reports</h1>
<p class="lead">Each has a page to look at, and an address from which spreadsheets and other programs fetch it again.</p>
${
  reports.length === 0
    ? html`<p class="empty">There are no reports: the folder that REPORTS names is empty.</p>`
    : html`<ul class="reports">
${reports.map(renderReport)}</ul>`
}`;
  return { title: "Reports", body };
}

function renderReport(report: Report | BrokenReport) {
  if (isBroken(report))
    return html`<li><h2>${report.name}</h2><p>It is disabled until its document is fixed. ${report.fault}</p></li>
`;
  const { name, title, description } = report;
  return html`<li><h2><a href="/reports/${name}">${title}</a></h2><p>${splitSentences(description)[0]}</p>
${renderFormats(`Download ${title}`, (ending) => `/reports/${name}.${ending}`, ["xlsx", "csv"])}</li>
`;
}

/** The first sentence of a description, and the others. */
export function splitSentences(description = ""): readonly [first: string, rest: string | undefined] {
  const [, first = description, rest] = /^(.+?\.)\s+(.+)$/s.exec(description) ?? [];
  return [first, rest];
}

/** Links to files of a report. `fileOf` is the path of one, by its ending. */
export function renderFormats(
  label: string,
  fileOf: (ending: string) => string,
  endings: readonly Ending[],
): Content {
  return html`<ul class="formats" aria-label="${label}">${endings.map(
    (ending) => html`<li><a class="button" href="${fileOf(ending)}">${formats[ending].title}</a></li>`,
  )}</ul>`;
}
