import type { FastifyReply, FastifyRequest } from "fastify";
import type { LRUCache } from "lru-cache";
import { etagOf, isUnmodified, type ServerParts } from "../../../server/index.ts";
import { type Parameter, printValue } from "../definition/parameter.ts";
import type { Report } from "../definition/report.ts";
import { contentDisposition } from "../sheet/file-name.ts";
import { type Ending, formats } from "../sheet/format.ts";
import { MAX_ROWS, TooManyRows } from "../sheet/xlsx-sheet.ts";
import { describedTable } from "./about.ts";
import { readAddress } from "./address.ts";
import { sendFailure } from "./operation-failure.ts";
import { runComparison } from "./run-comparison.ts";
import { checkReport, type ReportCall, readCall, runReport } from "./run-report.ts";
import { sendTable } from "./send-table.ts";
import type { TableAnswer } from "./table-query.ts";

/** Characters of a parameter in the name of a file. */
const MAX_WORD = 60;

/** A file that was given: its tag and what decides whether it stands, not its rows. */
export interface Given extends Pick<TableAnswer, "isCurrent"> {
  readonly etag: string;
}

/** What files and pages of reports are made with. */
export interface ReportParts extends ServerParts {
  /** What was given last, by what was asked: a client that has it gets a 304 without a run. */
  readonly given: LRUCache<string, Given>;
  /** Today's date, `YYYY-MM-DD`, in the portfolio's time zone. */
  readonly today: () => string;
}

/**
 * Runs a report and sends it as a file; for HEAD, checks what can be checked without a run. Failures are sent as text.
 * The query of `url` has the parameters and options.
 */
export async function sendReportFile(
  report: Report,
  ending: Ending,
  url: string,
  request: FastifyRequest,
  reply: FastifyReply,
  { execute, given, today, config, log, logKept }: ReportParts,
): Promise<FastifyReply> {
  const startedAt = performance.now();
  try {
    const executeForCaller = execute.bind(null, request, reply);
    const present = today();
    const address = readAddress(url, report, ending === "csv" ? "csv" : "file", present);
    const { options } = address;
    const call = await readCall(executeForCaller, report, address, present);
    const { variables, asOf, against } = call;
    // Caches keep it for the caller alone, and ask each time whether it stands. What came by a link is not kept at all.
    if (!request.link) reply.header("cache-control", "private, no-cache");
    if (request.method === "HEAD") {
      await checkReport(executeForCaller, call);
      nameFile(reply, call, ending, false);
      return reply.type(formats[ending].mediaType).send();
    }
    const scopes = [...(request.caller?.scopes ?? [])].sort().join();
    const key = JSON.stringify([report.name, ending, asOf ?? present, variables, options, scopes]);
    const known = given.get(key);
    if (known?.isCurrent() && isUnmodified(request, reply, known.etag)) {
      logKept(request, { name: report.operationName, startedAt });
      return reply.send();
    }
    const run = await (against
      ? runComparison(executeForCaller, call, against)
      : runReport(executeForCaller, call));
    const { answer, answers } = run;
    let state = key;
    for (const one of answers)
      state += (await answer.meter.complete("comparing the table", one.rows.hash())) + gapsOf(one);
    const etag = etagOf(state);
    if (answer.isCurrent()) given.set(key, { etag, isCurrent: answer.isCurrent });
    if (isUnmodified(request, reply, etag)) return reply.send();
    if (ending === "xlsx" && answer.rows.count >= MAX_ROWS) throw new TooManyRows();
    const isIncomplete = answer.unreadable + answer.omissions > 0;
    nameFile(reply, call, ending, isIncomplete);
    if (isIncomplete)
      reply.header("x-alma-incomplete", `values=${answer.unreadable}, lists=${answer.omissions}`);
    const table = describedTable(run, call, config.timeZone);
    return await sendTable(request, reply, table, formats[ending], options, answer, log);
  } catch (error) {
    return sendFailure(reply, error);
  }
}

/** A file is named by its parameters: `rent-roll-2026-01-31-building-1075.csv`. */
function nameFile(
  reply: FastifyReply,
  { report: { name, title, parameters }, variables, asOf, against }: ReportCall,
  ending: Ending,
  isIncomplete: boolean,
): void {
  const said = parameters.flatMap((parameter) => wordsOf(parameter, printValue(variables[parameter.name])));
  const words = [...said, ...(asOf ? ["as-of", asOf] : []), ...(against ? ["against", against.asOf] : [])];
  const end = isIncomplete ? "-INCOMPLETE" : "";
  const disposition = contentDisposition(
    [name, ...words].join("-") + end,
    [title, ...words].join(" ") + end,
    ending,
  );
  reply.header("content-disposition", disposition);
}

/** What the name of a file says of a parameter: days speak for themselves, and so does what the report chose. */
function wordsOf({ name, namedType, defaultTexts }: Parameter, text: string) {
  if (namedType.name === "Date") return text === "" ? [] : [text];
  const isChosen = text !== "" && text !== defaultTexts?.join(", ");
  return isChosen ? [name, text.replace(/^[A-Z][A-Za-z]*:/, "").slice(0, MAX_WORD)] : [];
}

/** What errors a table shows, which its rows as they were answered do not have. */
const gapsOf = ({ rowErrors, omissions }: TableAnswer) =>
  JSON.stringify([[...rowErrors].sort(([one], [other]) => one - other), omissions]);
