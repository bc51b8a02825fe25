import type { FastifyReply, FastifyRequest } from "fastify";
import type { LRUCache } from "lru-cache";
import { etagOf, isUnmodified, type RouteParts, scopesText } from "../../../server/index.ts";
import { type Parameter, printValue } from "../definition/parameter.ts";
import type { ListedReport } from "../definition/report.ts";
import { contentDisposition, type FileExtension, formats } from "../sheet/format.ts";
import type { AboutLine, Table } from "../sheet/table.ts";
import { MAX_ROWS, TooManyRowsError } from "../sheet/xlsx.ts";
import { readAddress } from "./address.ts";
import { runComparison } from "./compared-rows.ts";
import { sendTableError } from "./failure.ts";
import { readCall } from "./report-call.ts";
import { checkReport, type ReportCall, type ReportRun, runReport } from "./run-report.ts";
import { sendTable } from "./send-table.ts";
import type { TableAnswer } from "./table-answer.ts";
import { beginTotals, operandsOf } from "./totals.ts";
import { localMoment } from "./written-value.ts";

/**
 * Creates the table of a report with its description: title, parameters, age and missing data. Rows are counted and
 * summed while they are read.
 */
function describedTable(
  { answer, columns, batches }: ReportRun,
  { report: { title, description, parameters }, variables, asOf, against }: ReportCall,
  timeZone: string,
): Table {
  const parametersOf = (values: ReportCall["variables"]) =>
    parameters.map(({ title: label, name, namedType }): AboutLine => {
      const type = namedType.name === "Date" ? "date" : "text";
      return { label, value: printValue(values[name]), type };
    });
  const given = parametersOf(variables);
  let totals = beginTotals(columns);
  let count = 0;
  return {
    title,
    columns,
    *batches() {
      count = 0;
      totals = beginTotals(columns);
      for (const rows of batches()) {
        count += rows.length;
        for (const row of rows) totals.add(row);
        yield rows;
      }
    },
    totals: () =>
      totals.toTexts().map((value, index) => {
        const total = columns[index]?.total;
        if (value === null) return undefined;
        return typeof total === "object" ? { value, percentage: operandsOf(total, columns) } : { value };
      }),
    about: () => [
      { label: "Title", value: title },
      { label: "Description", value: description || undefined },
      ...given,
      { label: "As known at the end of", value: asOf, type: "date" },
      { label: "Compared with what was known at the end of", value: against?.asOf, type: "date" },
      ...(against ? parametersOf(against.variables) : [])
        .filter(({ value }, index) => value !== given[index]?.value)
        .map((line) => ({ ...line, label: `${line.label} before` })),
      ageLine("Data as of", answer.oldest, timeZone),
      ...(answer.oldestBefore === null ? [] : [ageLine("Data before as of", answer.oldestBefore, timeZone)]),
      { label: "Rows", value: count },
      ...describeGaps(answer),
      {
        label: "Values left empty until the operator sets",
        value: answer.missingSettings.join(", ") || undefined,
      },
      {
        label: "Values left empty since the key lacks the scope",
        value: answer.missingScopes.join(", ").toLowerCase() || undefined,
      },
      ...totals.toTexts().map((value, index): AboutLine => {
        const label = `Total of ${columns[index]?.title}`;
        return { label, value: value ?? undefined, type: "decimal" };
      }),
    ],
  };
}

const ageLine = (label: string, oldest: string | null, timeZone: string): AboutLine =>
  oldest === null
    ? { label, value: "now" }
    : { label: `${label} (${timeZone})`, value: localMoment(timeZone, oldest), type: "moment" };

function describeGaps({ unreadable, omissions }: TableAnswer): AboutLine[] {
  if (unreadable + omissions === 0) return [{ label: "Complete", value: "yes" }];
  return [
    { label: "Complete", value: "no: some of Alma's data could not be read" },
    { label: "Unreadable values (#N/A)", value: unreadable },
    { label: "Lists that may lack records", value: omissions },
  ];
}

/** The maximum length of a parameter in a file name, in characters. */
const MAX_WORD = 60;

/** A sent file: its ETag, and a check whether it is current, without its rows. */
export interface SentFile extends Pick<TableAnswer, "isCurrent"> {
  readonly etag: string;
}

/** The dependencies of report files and pages. */
export interface ReportParts extends RouteParts {
  /** The last files by request, so that a client that has one gets a 304 without a run. */
  readonly sentFiles: LRUCache<string, SentFile>;
}

/**
 * Runs a report and sends it as a file; for HEAD, performs all checks without a run. Failures are sent as text. The
 * query string of `url` contains the parameters and options.
 */
export async function sendReportFile(
  report: ListedReport,
  ending: FileExtension,
  url: string,
  request: FastifyRequest,
  reply: FastifyReply,
  { execute, sentFiles, graph, config, log, logCached }: ReportParts,
): Promise<FastifyReply> {
  const startedAt = performance.now();
  try {
    const executeForCaller = execute.bind(null, request, reply);
    const present = graph.today();
    const address = readAddress(url, report, ending, present);
    const { options } = address;
    const call = await readCall(executeForCaller, report, address, present);
    const { variables, asOf, against } = call;
    // Caches may store it for the caller only, and must revalidate it each time. A file by link is not stored.
    if (!request.link) reply.header("cache-control", "private, no-cache");
    if (request.method === "HEAD") {
      await checkReport(executeForCaller, call);
      nameFile(reply, call, ending, false);
      return reply.type(formats[ending].mediaType).send();
    }
    const scopes = scopesText(request.caller?.scopes ?? new Set());
    const key = JSON.stringify([report.name, ending, asOf ?? present, variables, options, scopes]);
    const known = sentFiles.get(key);
    if (known?.isCurrent() && isUnmodified(request, reply, known.etag)) {
      logCached(request, { name: report.operationName, startedAt });
      return reply.send();
    }
    const run = await (against
      ? runComparison(executeForCaller, call, against)
      : runReport(executeForCaller, call));
    const { answer, answers } = run;
    let state = key + report.query;
    for (const one of answers)
      state += (await answer.meter.complete("comparing the table", one.rows.hash())) + gapsOf(one);
    const etag = etagOf(state);
    if (answer.isCurrent()) sentFiles.set(key, { etag, isCurrent: answer.isCurrent });
    if (isUnmodified(request, reply, etag)) return reply.send();
    if (ending === "xlsx" && answer.rows.count >= MAX_ROWS) throw new TooManyRowsError();
    const isIncomplete = answer.unreadable + answer.omissions > 0;
    nameFile(reply, call, ending, isIncomplete);
    if (isIncomplete)
      reply.header("x-alma-incomplete", `values=${answer.unreadable}, lists=${answer.omissions}`);
    const table = describedTable(run, call, config.timeZone);
    return await sendTable(request, reply, table, formats[ending], options, answer, log);
  } catch (error) {
    return sendTableError(reply, error);
  }
}

/** Returns a file name with the parameters: `rent-roll-2026-01-31-building-1075.csv`. */
function nameFile(
  reply: FastifyReply,
  { report: { name, title, parameters }, variables, asOf, against }: ReportCall,
  ending: FileExtension,
  isIncomplete: boolean,
) {
  const parameterWords = parameters.flatMap((parameter) =>
    wordsOf(parameter, printValue(variables[parameter.name])),
  );
  const words = [
    ...parameterWords,
    ...(asOf ? ["as-of", asOf] : []),
    ...(against ? ["against", against.asOf] : []),
  ];
  const end = isIncomplete ? "-INCOMPLETE" : "";
  const disposition = contentDisposition(
    [name, ...words].join("-") + end,
    [title, ...words].join(" ") + end,
    ending,
  );
  reply.header("content-disposition", disposition);
}

/** Returns the words of a parameter for a file name. Single days, and values chosen by the report, need no label. */
function wordsOf({ name, namedType, defaultTexts }: Parameter, text: string) {
  if (namedType.name === "Date") return text === "" ? [] : [text];
  const isChosen = text !== "" && text !== defaultTexts?.join(", ");
  return isChosen ? [name, text.replace(/^[A-Z][A-Za-z]*:/, "").slice(0, MAX_WORD)] : [];
}

/** Returns the errors shown in a table but not in its rows. */
const gapsOf = ({ rowErrors, omissions }: TableAnswer) =>
  JSON.stringify([[...rowErrors].sort(([one], [other]) => one - other), omissions]);
