import { type Content, html } from "../../../server/index.ts";
import type { ReportColumn } from "../definition/columns.ts";
import { type FileExtension, formats } from "../sheet/format.ts";
import type { ColumnType } from "../sheet/table.ts";
import type { ReportUrls } from "./report-urls.ts";

/**
 * Renders instructions for other programs, with the URL of the shown report. `needsKey`: whether the gateway requires
 * keys.
 */
export function renderPrograms(
  urls: ReportUrls,
  needsKey: boolean,
  columns: readonly ReportColumn[],
): Content {
  const at = (ending: string, added?: Readonly<Record<string, string>>) =>
    urls.origin + urls.file(ending, added);
  const whole = (ending: string, added?: Readonly<Record<string, string>>) => `"${at(ending, added)}"`;
  const password =
    needsKey && " When prompted, choose Basic, with any user name and the key as the password.";
  const header = needsKey ? ', storage_options={"X-Api-Key": "YOUR-KEY"}' : "";
  const powerQuery = printPowerQuery(at("csv", { _locale: "", _header: "", _escape: "0" }), columns);
  const programs = [
    {
      title: "Excel",
      steps: html`<b>Data → Get Data → From Other Sources → Blank Query</b>, then <b>Advanced Editor</b>, and paste this: it types days
and amounts in every language of Excel.${password} <b>Data → Refresh All</b> fetches it again.`,
      text: powerQuery,
    },
    {
      title: "Power BI",
      steps: html`<b>Get data → Blank query → Advanced editor</b>, and paste this.${password}`,
      text: powerQuery,
    },
    needsKey
      ? {
          title: "Google Sheets",
          steps: html`It sends no key, so it needs a link of its own. The gateway's operator creates one with this command; then enter
<code>=IMPORTDATA("…")</code> in a cell, with the address that it prints. Everyone who sees the sheet can read the link.`,
          text: `npm run key -- --link '${at("csv")}' --key PREFIX-OF-A-KEY`,
        }
      : {
          title: "Google Sheets",
          steps: html`In a cell, if Google can reach this gateway:`,
          text: `=IMPORTDATA(${whole("csv")})`,
        },
    {
      title: "Grafana",
      steps: html`With the data source <b>Infinity</b>: type <b>CSV</b>, parser <b>Backend</b>, source <b>URL</b>, and this address.${
        needsKey && " In the data source choose API key: X-Api-Key, in the header."
      }`,
      text: at("csv", { _bom: "0" }),
    },
    {
      title: "Python (pandas)",
      steps: html`Parquet keeps types and exact amounts; CSV needs no further package.`,
      text: `import pandas as pd

frame = pd.read_csv(${whole("csv")}${header})
exact = pd.read_parquet(${whole("parquet")}${header})`,
    },
    {
      title: "DuckDB",
      steps: html`Any SQL over the report:`,
      text: `${needsKey ? "CREATE SECRET (TYPE http, EXTRA_HTTP_HEADERS MAP {'X-Api-Key': 'YOUR-KEY'});\n" : ""}SELECT * FROM read_parquet('${at("parquet")}');`,
    },
    {
      title: "R",
      steps: html`With nothing but R itself:`,
      text: `frame <- read.csv(url(${whole("csv", { _bom: "0" })}${needsKey ? ', headers = c("X-Api-Key" = "YOUR-KEY")' : ""}), encoding = "UTF-8", check.names = FALSE)`,
    },
    {
      title: "curl",
      steps: html`It fails if the report fails, and prints the reason:`,
      text: `curl --fail-with-body --remote-header-name --remote-name${needsKey ? " -H 'X-Api-Key: YOUR-KEY'" : ""} '${at("csv")}'`,
    },
  ];
  return html`<section class="screen" aria-labelledby="programs"><h2 id="programs">In other programs</h2>
<div class="programs">
${programs.map(
  ({ title, steps, text }) => html`<details><summary>${title}</summary>
<p>${steps}</p>
<pre class="copy" tabindex="0" aria-label="To copy for ${title}">${text}</pre>
</details>
`,
)}</div>
${renderFormats("Other formats", (ending) => urls.file(ending), ["json", "ndjson", "parquet"])}</section>`;
}

/** The types of Power Query. `Currency.Type` keeps four decimals exactly. */
const queryTypes: Readonly<Record<ColumnType, string>> = {
  text: "type text",
  integer: "Int64.Type",
  number: "type number",
  decimal: "type number",
  date: "type date",
  moment: "type datetimezone",
  boolean: "type logical",
};

/** Prints a query that types each column. Numbers and days are read independently of the locale. */
function printPowerQuery(address: string, columns: readonly ReportColumn[]) {
  const quote = (text: string) => `"${text.replaceAll("#", "#(#)").replaceAll('"', '""')}"`;
  const types = columns.map(
    ({ title, type, isAmount }) => `{${quote(title)}, ${isAmount ? "Currency.Type" : queryTypes[type]}}`,
  );
  return `let
  Source = Csv.Document(Web.Contents(${quote(address)}), [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]),
  Titled = Table.PromoteHeaders(Source, [PromoteAllScalars = true]),
  Typed = Table.TransformColumnTypes(Titled, {${types.join(", ")}}, "en-US")
in
  Typed`;
}

/** Renders links to the files of a report. `fileOf`: returns the path of one, by extension. */
export function renderFormats(
  label: string,
  fileOf: (ending: string) => string,
  endings: readonly FileExtension[],
): Content {
  return html`<ul class="formats" aria-label="${label}">${endings.map(
    (ending) => html`<li><a class="button" href="${fileOf(ending)}">${formats[ending].title}</a></li>`,
  )}</ul>`;
}
