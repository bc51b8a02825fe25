import type { FastifyReply, FastifyRequest } from "fastify";
import { readAddress } from "../report/address.ts";
import { BadParameter, readParameters } from "../report/parameter.ts";
import type { Report } from "../report/report.ts";
import type { FileOptions } from "../report/report-file.ts";
import { runReport } from "../report/run-report.ts";
import { IncompleteTable, TableFailure } from "../report/table-query.ts";
import { type Content, html } from "./html.ts";
import { type KindProgress, renderProblem, renderProgress } from "./page.ts";
import { sendPage } from "./page-response.ts";
import { fieldOf } from "./parameter-form.ts";
import { ReportAddress } from "./report-address.ts";
import { type ReportHead, renderHead, renderReport } from "./report-page.ts";
import type { Locale } from "./result-table.ts";
import { type ShownRows, takeShownRows } from "./shown-rows.ts";

/** Seconds after which a page asks again how far the catalog is. */
const refreshInterval = 2;

/** What pages of reports are made with. */
export interface PageOptions extends Pick<FileOptions, "execute" | "today"> {
  /** Whether the gateway asks for keys. */
  readonly needsKey: boolean;
  /** How far the catalog has been filled. */
  readonly progress: () => {
    readonly warm: boolean;
    readonly kinds?: readonly (KindProgress & { readonly failure?: string })[];
  };
}

/** Runs a report and sends its page. What goes wrong is on the page, with the status that a file would have. */
export async function sendReportPage(
  report: Report,
  request: FastifyRequest,
  reply: FastifyReply,
  options: PageOptions,
): Promise<FastifyReply> {
  const startedAt = performance.now();
  const day = options.today();
  const head = headOf(report, request, options.needsKey, day);
  try {
    const names = report.parameters.map(({ name }) => name);
    const { options: said, texts } = readAddress(request.url, names, true);
    const variables = readParameters(report.parameters, texts, day);
    if (request.method === "HEAD") return sendPage(reply, 200, "");
    if (isWarming(options)) throw warming;
    const { maxAge, acceptsPartial, hasDecimalComma } = said;
    const locale = hasDecimalComma ? "de" : "en";
    const run = await runReport(options.execute, request, reply, {
      report,
      variables,
      maxAge,
      acceptsPartial,
    });
    const { answer, columns, batches } = run;
    const shown = await answer.meter.complete("making the page", takeShownRows(report, batches()));
    const duration = performance.now() - startedAt;
    const drawing = await renderDrawing(shown.chart, locale);
    return sendPage(reply, 200, renderReport(head, { ...shown, columns, answer, duration }, locale, drawing));
  } catch (error) {
    return sendProblem(reply, error, head, options);
  }
}

/** Renders a chart, or why there is none. Drawing takes a while to load, and many pages draw nothing. */
async function renderDrawing(chart: ShownRows["chart"], locale: Locale): Promise<Content> {
  if (typeof chart === "string") return html`<p class="soft">${chart}</p>`;
  return chart && (await import("./chart.ts")).renderChart(chart, locale);
}

/** Sends the page of a report that could not be run. Throws an error that is no failure of a report. */
function sendProblem(
  reply: FastifyReply,
  error: unknown,
  head: ReportHead,
  options: PageOptions,
): FastifyReply {
  const { address } = head;
  const startAgain = { path: `/reports/${address.name}`, label: "Start again" };
  if (error instanceof BadParameter)
    return sendPage(reply, 400, renderHead(head, renderProblem(error.message, [startAgain])));
  if (!(error instanceof TableFailure)) throw error;
  const { code, status, message, retryAfter } = error;
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  if (code === "CATALOG_WARMING" && isWarming(options)) {
    const { kinds = [] } = options.progress();
    return sendPage(reply, status, renderHead(head, renderProgress(kinds), refreshInterval));
  }
  const ways = [
    { path: address.page(), label: "Try again" },
    ...(error instanceof IncompleteTable
      ? [{ path: address.page({ _partial: "1" }), label: "Show what could be read" }]
      : []),
  ];
  return sendPage(reply, status, renderHead(head, renderProblem(message, ways)));
}

const warming = new TableFailure(503, "CATALOG_WARMING", "", String(refreshInterval));

/** Whether the catalog is being filled, and nothing keeps it from getting full. */
function isWarming({ progress }: PageOptions): boolean {
  const { warm, kinds = [] } = progress();
  return !warm && kinds.every(({ failure }) => failure === undefined);
}

function headOf(report: Report, request: FastifyRequest, needsKey: boolean, today: string): ReportHead {
  const { name, title, description, parameters } = report;
  const said = new URL(request.url, "http://gateway.invalid").searchParams;
  const defaults = parameters.filter(({ defaultTexts }) => defaultTexts !== undefined);
  const origin = `${request.protocol}://${request.host}`;
  return {
    title,
    description,
    needsKey,
    fields: parameters.map((parameter) => fieldOf(parameter, said, today)),
    options: [...said].filter(([option]) => option.startsWith("_")),
    address: new ReportAddress(origin, name, said, (option) =>
      defaults.some((parameter) => parameter.name === option),
    ),
  };
}
