import type { FastifyReply, FastifyRequest } from "fastify";
import { type ASTNode, Kind, parse, visit } from "graphql";
import { type Config, decimalsOf } from "../../../config/index.ts";
import { type Content, gatewayAddress, html, renderProblem, sendPage } from "../../../server/index.ts";
import { InvalidParameterError } from "../definition/parameter.ts";
import type { ListedReport, Report } from "../definition/report.ts";
import { pastParameters, readAddress } from "../run/address.ts";
import { runComparison } from "../run/compared-rows.ts";
import { IncompleteTableError, OperationFailure } from "../run/failure.ts";
import { readCall } from "../run/report-call.ts";
import type { ReportParts } from "../run/report-file.ts";
import { checkReport, runReport } from "../run/run-report.ts";
import { formatTime, type Notation } from "../run/written-value.ts";
import { hasNames, renderChart } from "./chart.ts";
import { showComparison } from "./compared-page.ts";
import { fieldOf, groupingField } from "./parameter-form.ts";
import { type ReportHead, renderReport, renderReportPage } from "./report-page.ts";
import { reportUrls } from "./report-urls.ts";
import { readShownRows, type ShownRows } from "./shown-rows.ts";

/**
 * Returns the parameter that sets an argument, or the object that contains the argument. `argument`: its path, such as
 * `filter.building`; for a field with a ref, the name of the field.
 */
export function parameterAt(query: string, argument: string): string | undefined {
  const parameters = new Map<string, string>();
  visit(parse(query), {
    Field({ name, arguments: given = [] }) {
      for (const { name: path, value } of given) {
        for (const [place, parameter] of variablesIn(value, path.value)) parameters.set(place, parameter);
        if (path.value === "ref" && value.kind === Kind.VARIABLE)
          parameters.set(name.value, value.name.value);
      }
    },
  });
  for (let place = argument; place !== ""; place = place.slice(0, Math.max(0, place.lastIndexOf("."))))
    if (parameters.has(place)) return parameters.get(place);
  return undefined;
}

/** Yields the variables in a value, with their paths. */
function* variablesIn(value: ASTNode, path: string): Generator<readonly [path: string, variable: string]> {
  if (value.kind === Kind.VARIABLE) yield [path, value.name.value];
  if (value.kind === Kind.LIST)
    for (const [index, item] of value.values.entries()) yield* variablesIn(item, `${path}.${index}`);
  if (value.kind === Kind.OBJECT)
    for (const field of value.fields) yield* variablesIn(field.value, `${path}.${field.name.value}`);
}

/** The seconds for which a page waits for the catalog, and after which it reloads to show the progress. */
const REFRESH_SECONDS = 2;

/**
 * Runs a report and sends its page. Errors are shown on the page, with the same status as for a file. While the catalog
 * is being filled, the page waits briefly, so that the report's data is read first, and then shows the progress.
 */
export async function sendReportPage(
  report: ListedReport,
  url: string,
  request: FastifyRequest,
  reply: FastifyReply,
  parts: ReportParts,
): Promise<FastifyReply> {
  const startedAt = performance.now();
  const day = parts.graph.today();
  let head = headOf(report, url, request, parts.config, day);
  const { warm, kinds = [] } = parts.graph.progress();
  // The catalog can be filled: no list fails.
  const isWarmingUp = !warm && kinds.every(({ failure }) => failure === undefined);
  const timeout = isWarmingUp ? REFRESH_SECONDS * 1_000 : undefined;
  try {
    const address = readAddress(url, report, undefined, day);
    const { options } = address;
    head = headOf(report, url, request, parts.config, day, options.asOf);
    const execute = parts.execute.bind(null, request, reply);
    const reportCall = await readCall(execute, report, address, day, timeout);
    const { against } = reportCall;
    const { currency } = parts.config;
    const decimals = currency === undefined ? 2 : decimalsOf(currency);
    const notation: Notation = { locale: options.hasDecimalComma ? "de" : "en", currency, decimals };
    const call = { ...reportCall, acceptsPartial: options.acceptsPartial && !isWarmingUp };
    if (request.method === "HEAD") {
      await checkReport(execute, call);
      return sendPage(reply, 200, renderReportPage(head, undefined));
    }
    const compared = against && (await runComparison(execute, call, against));
    const run = compared ?? (await runReport(execute, call));
    const { answer, columns: fileColumns } = run;
    const comparison = compared && showComparison(compared, options.showsUnchanged);
    // A link shows all rows at one URL.
    const page = request.link ? "all" : options.page;
    const steps = comparison
      ? readShownRows({ columns: [] }, () => [comparison.rows], page, day)
      : readShownRows(report, run.batches, page, options.asOf ?? day, options.grouping);
    const shown = await answer.meter.complete("making the page", steps);
    const duration = performance.now() - startedAt;
    const { showsMore, grouping } = options;
    const result = { ...shown, fileColumns, comparison, showsMore, grouping, answer, duration };
    return sendPage(reply, 200, renderReport(head, result, notation, renderDrawing(shown.chart, notation)));
  } catch (error) {
    if (isWarmingUp && isUnfinished(error)) {
      const progress = renderProgress(parts.graph.progress().kinds ?? []);
      reply.header("retry-after", String(REFRESH_SECONDS));
      return sendPage(reply, 503, renderReportPage(head, progress, REFRESH_SECONDS));
    }
    return sendProblem(reply, error, head);
  }
}

/** Renders the progress of filling the catalog instead of rows. */
function renderProgress(
  kinds: readonly { readonly read: number; readonly of: number | undefined }[],
): Content {
  const known = kinds.every(({ of }) => of !== undefined);
  const read = kinds.reduce((sum, kind) => sum + kind.read, 0);
  const all = kinds.reduce((sum, { of = 0 }) => sum + of, 0);
  return html`<div class="note" role="status">
<p><b>The gateway has just started and is reading everything from Alma.</b> This page reloads until it can show the report.</p>
<p><label for="progress">${read.toLocaleString("en")} of ${known ? all.toLocaleString("en") : "an unknown number of"} records</label>
${known ? html`<progress id="progress" max="${all}" value="${read}"></progress>` : html`<progress id="progress"></progress>`}</p>
</div>`;
}

/** Renders a chart, or why there is none. A chart of names is below the rows, which it would push out of sight. */
function renderDrawing(chart: ShownRows["chart"], notation: Notation) {
  if (typeof chart === "string") return { content: html`<p class="soft">${chart}</p>`, isAbove: false };
  return chart && { content: renderChart(chart, notation), isAbove: !hasNames(chart) };
}

/** Sends the page of a report that failed. Throws errors that are not failures of a report. */
function sendProblem(reply: FastifyReply, error: unknown, head: ReportHead) {
  const { urls } = head;
  const again = { path: urls.page(), label: "Try again" };
  /** Sends an error. `fault`: shown at the field of a parameter. */
  const send = (
    status: number,
    parameter: string | undefined,
    fault: string,
    message: string,
    ways: Parameters<typeof renderProblem>[1],
  ) => {
    const fields = head.fields.map((field) => (field.name === parameter ? { ...field, fault } : field));
    return sendPage(
      reply,
      status,
      renderReportPage({ ...head, fields }, renderProblem(message, urls.isFrozen ? [again] : ways)),
    );
  };
  if (error instanceof InvalidParameterError) {
    const { fault, parameter, suggestions } = error;
    const { name = "", title } = parameter ?? {};
    const ways = suggestions.map(({ value, label }) => ({ path: urls.page({ [name]: value }), label }));
    const atField = suggestions.length > 0 ? "Several have this name: choose one below." : capitalized(fault);
    return send(400, name, atField, parameter ? `${title} ${fault}` : fault, [
      ...ways,
      { path: `/reports/${urls.name}`, label: "Start again" },
    ]);
  }
  if (!(error instanceof OperationFailure)) throw error;
  const { status, retryAfter, details } = error;
  const past = head.fields.findLast(({ name, values }) => name in pastParameters && values.length > 0);
  if (past && error.code === "NOT_KNOWN_THEN") {
    const { since } = details;
    const known = since === undefined ? "" : ` It is known since ${formatTime(head.timeZone, since)}.`;
    const fault = `The gateway does not know how it was then.${known} Take a later day, once it is over.`;
    const now = { path: urls.page({ _asOf: "", _compare: "" }), label: "Show it as it is now" };
    return send(status, past.name, fault, fault, [now]);
  }
  // Removes the position in the query, which is for programs.
  const message = capitalized(error.message.replace(/^(filter|over)[\w.]*: /, ""));
  const { argument } = details;
  const parameter = argument && parameterAt(head.report.query, argument);
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  const ways = [
    again,
    ...(error instanceof IncompleteTableError
      ? [
          {
            path: urls.page({ _partial: "1" }),
            label: error.code === "OVERLAPPED" ? "Show it nevertheless" : "Show the readable values",
          },
        ]
      : []),
  ];
  return send(status, parameter, message, message, ways);
}

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Returns whether a report may have more rows once more data has been read. */
function isUnfinished(error: unknown) {
  if (error instanceof IncompleteTableError) return true;
  return error instanceof OperationFailure && ["CATALOG_WARMING", "DEADLINE_EXCEEDED"].includes(error.code);
}

function headOf(
  report: Report,
  url: string,
  request: FastifyRequest,
  { open, timeZone }: Config,
  today: string,
  asOf?: string,
): ReportHead {
  const { name, parameters } = report;
  const params = new URL(url, "http://gateway.invalid").searchParams;
  const withDefaults = parameters.flatMap((parameter) => (parameter.defaultTexts ? [parameter.name] : []));
  const origin = gatewayAddress.ofRequest(request);
  return {
    report,
    needsKey: !open,
    timeZone,
    asOf,
    fields: [
      ...parameters.map((parameter) => fieldOf(parameter, params, asOf ?? today)),
      ...(report.groupings.length > Number(report.isGrouped) ? [groupingField(report, params)] : []),
      fieldOf(pastParameters._asOf, params, today),
      ...(report.key ? [fieldOf(pastParameters._compare, params, asOf ?? today)] : []),
    ],
    options: [...params].filter(([option]) => /^_(?!page|asOf|compare|group)/.test(option)),
    urls: reportUrls(origin, name, params, withDefaults, request.link ? request.url : undefined),
  };
}
