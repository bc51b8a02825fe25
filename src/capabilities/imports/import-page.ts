import { html, type Page } from "../../server/index.ts";
import type { Import, ImportColumn } from "./import.ts";
import { describeOmitted, type Job, jobAddress, type TableNotes } from "./run/import-job.ts";
import type { RowFault } from "./run/import-rows.ts";
import type { RowOutcome } from "./run/outcome-table.ts";

/** The maximum number of rows on a page; files contain all rows. */
const SHOWN_ROWS = 500;
/** The seconds after which the page of an unfinished job reloads. */
const REFRESH_SECONDS = 2;

/** The list of all imports. */
export const renderList = (imports: readonly Import[]): Page => ({
  title: "Imports",
  body: html`<h1>Imports</h1>
<p class="lead">Each takes a table and changes a record for each row. You first see what would change.</p>
<ul class="reports">${imports.map(
    ({ name, title, description }) =>
      html`<li><h2><a href="/imports/${name}">${title}</a></h2><p>${description}</p></li>`,
  )}</ul>`,
});

/** The errors of an uploaded table. */
export interface SheetProblem {
  readonly message: string;
  readonly faults?: readonly RowFault[];
}

/** Renders the page of an import: its columns, templates and the form, below any errors of the last table. */
export function renderImport(
  { name, title, description, columns, names, report }: Import,
  problem?: SheetProblem,
): Page {
  const faults = problem?.faults ?? [];
  return {
    title,
    body: html`<h1>${title}</h1><p class="lead">${description}</p>
${
  problem &&
  html`<div class="note bad" role="alert"><p><b>Nothing was written.</b> ${problem.message}</p>
${
  faults.length > 0 &&
  html`<div class="rows" tabindex="0"><table><thead><tr><th scope="col" class="number">Row</th><th scope="col">Column</th><th scope="col">What is wrong</th></tr></thead>
<tbody>${faults.map(({ row, column, message }) => html`<tr><td class="number">${row}</td><td>${column}</td><td>${message}</td></tr>`)}</tbody></table></div>`
}</div>`
}
<form method="post" action="/imports/${name}" enctype="multipart/form-data">
<div><label for="file">Your table: Excel (.xlsx), CSV, JSON or NDJSON</label>
<input id="file" type="file" name="file" required accept=".xlsx,.csv,.json,.ndjson"></div>
<div class="actions"><button class="main">See what would change</button></div></form>
<p class="soft">Nothing is written until you have seen the changes and confirm them.</p>
<h2>Columns</h2>
<div class="rows" tabindex="0"><table><thead><tr><th scope="col">Name</th><th scope="col">Needed</th><th scope="col">For example</th><th scope="col">What it means</th></tr></thead>
<tbody>${columns.map(
      (column) =>
        html`<tr><th scope="row">${column.title}</th><td>${column.isRequired ? "yes" : "no"}</td><td>${column.example}</td><td>${column.means}${alsoCalled(column)}</td></tr>`,
    )}${names.map(
      (column) =>
        html`<tr><th scope="row">${column.title}</th><td>no</td><td></td><td>${column.find ? "Identifies the record together with the other names, if there is no id; with an id, it must match." : "It must match the record."}${alsoCalled(column)}</td></tr>`,
    )}</tbody></table></div>
<p class="soft">An empty cell changes nothing. Other columns are ignored.</p>
<h2>Templates</h2>
<ul class="formats"><li><a class="button" href="/imports/${name}/template.xlsx">Empty, Excel</a></li>
<li><a class="button" href="/imports/${name}/template.csv">Empty, CSV</a></li>
${report !== undefined && html`<li><a class="button" href="/reports/${report}.xlsx">Filled, from the report ${report}</a></li>`}</ul>`,
  };
}

const alsoCalled = ({ also }: Pick<ImportColumn, "also">) =>
  also.length > 0 && ` It may also be called ${also.join(" or ")}.`;

/** Renders the page of a job: its progress, the outcome of its rows, and the next steps. */
export function renderJob(
  definition: Import,
  job: Job,
  outcomes: readonly RowOutcome[],
  notes: TableNotes,
): Page {
  const { name, title, columns } = definition;
  const { id, isDryRun, total, left, state, reason } = job;
  const isOver = state === "OVER";
  const changed = outcomes.filter(({ row, isSame }) => row.state === "DONE" && !isSame).length;
  const same = outcomes.filter(({ isSame }) => isSame).length;
  const great = outcomes.filter(({ isGreat }) => isGreat).length;
  const notSent = outcomes.filter(({ state }) => state === "not sent").length;
  const toCorrect = job.failed + job.unknown + notSent;
  const leftOut = describeOmitted(definition, notes);
  const address = (more: string, only?: string) => jobAddress(definition, `${id}${more}`, notes, only);
  const button = (action: string, label: string, kind = "") =>
    html`<form method="post" action="${address(`/${action}`)}"><button class="${kind}">${label}</button></form>`;
  const counts: Readonly<Record<string, number | false>> = isDryRun
    ? {
        "would change": changed,
        "of these by more than ten times": great > 0 && great,
        unchanged: same,
        "cannot be done": toCorrect,
      }
    : {
        done: job.done - same,
        "not done": job.failed,
        unknown: job.unknown,
        "not sent: wrong in the preview": notSent > 0 && notSent,
        unchanged: same > 0 && same,
      };
  // In files, messages have a separate column; a phone has room for only one.
  const outcomeHeading = [
    outcomes.some(({ fault }) => fault !== "") && "What is wrong",
    outcomes.some(({ changes }) => changes.length > 0) && "Changes",
  ]
    .filter(Boolean)
    .join(" / ");
  const hasLabels = outcomes.some(({ label }) => label !== "");
  const running = html`<p><label for="progress">${total - left} of ${total} rows${
    job.secondsLeft !== null && `, about ${job.secondsLeft} s to go`
  }</label><progress id="progress" max="${total}" value="${total - left}"></progress></p>`;
  const stopped = html`<p><b>${state === "STOPPED" ? "Stopped." : "Paused."}</b> ${reason} ${left} rows are left.</p>`;
  return {
    title,
    refresh: state === "RUNNING" ? REFRESH_SECONDS : undefined,
    body: html`<h1>${title}</h1>
<p class="lead">${isDryRun ? "What would change. Nothing is written yet." : "What has been done."}</p>
<div class="note" role="status">
${!isOver && (state === "RUNNING" ? running : stopped)}
<p>${Object.entries(counts).map(([label, count]) => count !== false && html`<b>${count}</b> ${label} &nbsp; `)}</p>${leftOut && html`<p>${leftOut}</p>`}</div>
<div class="actions">
${state === "RUNNING" && button("stop", "Stop")}
${!isOver && state !== "RUNNING" && button("resume", "Go on", "main")}
${isOver && isDryRun && changed > 0 && button("run", `${title}: write ${changed} ${changed === 1 ? "row" : "rows"}`, "main")}
<a class="button" href="/imports/${name}">Another table</a></div>
<h2>Rows</h2>
${state === "RUNNING" && html`<p class="soft">They appear here when all rows are done; the files have them now.</p>`}
<ul class="formats" aria-label="Download">
<li><a class="button" href="${address(".xlsx")}">Excel</a></li><li><a class="button" href="${address(".csv")}">CSV</a></li>
${toCorrect > 0 && html`<li><a class="button" href="${address(".xlsx", "failed")}">Only what was not done, to correct and send again</a></li>`}</ul>
<div class="rows" tabindex="0"><table><thead><tr><th scope="col" class="number">Row</th><th scope="col">State</th>${outcomeHeading && html`<th scope="col" class="told">${outcomeHeading}</th>`}
${hasLabels && html`<th scope="col">Record</th>`}${columns.map((column) => html`<th scope="col">${column.title}</th>`)}</tr></thead>
<tbody>${outcomes
      .slice(0, SHOWN_ROWS)
      .map(
        ({ row, state, label, cells, changes, fault }) =>
          html`<tr><td class="number">${row.number}</td><td>${state}</td>${outcomeHeading && html`<td>${[fault, changes.join("; ")].join(" ").trim()}</td>`}${hasLabels && html`<td>${label}</td>`}${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
      )}</tbody></table></div>
${outcomes.length > SHOWN_ROWS && html`<p class="soft">The first ${SHOWN_ROWS} of ${outcomes.length} rows. The files have all.</p>`}`,
  };
}
