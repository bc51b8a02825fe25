import { type Content, html } from "../../../server/index.ts";
import type { ReportColumn } from "../definition/totals.ts";
import { momentIn } from "../run/about.ts";
import type { TableAnswer } from "../run/table-query.ts";
import type { Notation } from "../run/written-value.ts";
import type { Comparison } from "./comparison.ts";
import { type PageColumn, writeCell } from "./page-column.ts";
import type { ShownRows } from "./shown-rows.ts";

/** A report that was run, as a page shows it. */
export interface ShownReport extends ShownRows {
  readonly fileColumns: readonly ReportColumn[];
  /** What its rows are compared with; undefined if they are not. */
  readonly comparison: Comparison | undefined;
  /** Whether it shows all columns from the start on. */
  readonly showsMore: boolean;
  readonly answer: TableAnswer;
  /** Milliseconds. */
  readonly duration: number;
}

/** The numbers that people come for: how many rows there are, and what they come to. */
export function renderFigures(
  { rowCount, totals }: ShownReport,
  columns: readonly PageColumn[],
  notation: Notation,
): Content {
  const totalled = totals ? columns.filter(({ total, isMore }) => total && !isMore) : [];
  return html`<dl class="figures">
<div><dt>Rows</dt><dd>${rowCount.toLocaleString("en")}</dd></div>
${totalled.map((column) => html`<div><dt>${column.title}</dt><dd>${writeCell(totals ?? [], column, notation) || "–"}</dd></div>\n`)}</dl>`;
}

/** Says what could not be read. */
export function renderGaps({ unreadable, omissions }: ShownReport["answer"]): Content {
  if (unreadable + omissions === 0) return undefined;
  return html`<div class="note bad" role="alert"><p><b>Incomplete:</b> some of Alma's data could not be read.
${unreadable > 0 && `Unreadable values, ${unreadable.toLocaleString("en")}, show as #N/A, and totals are without them. `}
${omissions > 0 && "Records may be missing from the rows, or from their numbers."}</p></div>`;
}

/** Says which settings of the gateway, and which scopes of the caller, are missing. */
export function renderMissing({ missingSettings, missingScopes }: ShownReport["answer"]): Content {
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

/** How old the data is, and what it cost. */
export function renderFacts({ answer, duration }: ShownReport, timeZone: string): Content {
  const { oldest, oldestBefore, calls } = answer;
  const ms = Math.max(1, Math.round(duration)).toLocaleString("en");
  const age = (label: string, moment: string | null) =>
    moment !== null &&
    html`<div><dt>${label}</dt><dd><time datetime="${moment}">${momentIn(timeZone, moment)}</time> or later
(${ago((Date.now() - Date.parse(moment)) / 1000)})</dd></div>`;
  return html`<dl class="facts">
${age("As of", oldest)}
${age("Compared with data as of", oldestBefore)}
<div class="screen"><dt>Cost</dt><dd>${calls.toLocaleString("en")} ${calls === 1 ? "call" : "calls"} to Alma, ${ms} ms</dd></div>
</dl>`;
}

/** The units in which a time ago is told, their seconds, and up to how many seconds each is used. */
const units = [
  ["second", 1, 90],
  ["minute", 60, 5400],
  ["hour", 3600, 172_800],
  ["day", 86_400, Infinity],
] as const;

/** Seconds ago in words. */
function ago(seconds: number) {
  const [unit, size] = units.find(([, , end]) => seconds < end) ?? units[3];
  return new Intl.RelativeTimeFormat("en").format(-Math.max(0, Math.round(seconds / size)), unit);
}
