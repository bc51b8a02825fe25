import type { FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../config/index.ts";
import { type ExecuteOperation, etagOf, isUnmodified, type ServerParts } from "../../server/index.ts";
import { type Parameter, printValue, readParameters } from "../definition/parameter.ts";
import { namesToIds } from "../definition/record-choice.ts";
import type { Report } from "../definition/report.ts";
import { contentDisposition } from "../sheet/file-name.ts";
import { type Ending, formats } from "../sheet/format.ts";
import { MAX_ROWS, TooManyRows } from "../sheet/xlsx-sheet.ts";
import { describedTable } from "./about.ts";
import { readAddress } from "./address.ts";
import { checkReport, findRecordsFor, runReport } from "./run-report.ts";
import { sendTable } from "./send-table.ts";
import type { TableAnswer } from "./table-query.ts";
import { sendFailure } from "./text-response.ts";
import type { UnchangedReports } from "./unchanged-reports.ts";

/** Characters of a parameter in the name of a file. */
const MAX_WORD = 60;

/** What files of reports are made with. */
export interface FileOptions {
  readonly execute: ExecuteOperation;
  readonly unchanged: UnchangedReports;
  /** Today's date, `YYYY-MM-DD`, in the portfolio's time zone. */
  readonly today: () => string;
  /** The name of that zone. */
  readonly timeZone: string;
  readonly log: Log;
  readonly logKept: ServerParts["logKept"];
}

/** A file that is asked for. */
interface FileRequest {
  readonly report: Report;
  readonly ending: Ending;
  /** Its query has the parameters and options. */
  readonly url: string;
}

/**
 * Runs a report and sends it as a file; for HEAD, checks what can be checked without a run. Failures are sent as text.
 */
export async function sendReportFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { report, ending, url }: FileRequest,
  { execute, unchanged, today, timeZone, log, logKept }: FileOptions,
): Promise<FastifyReply> {
  const startedAt = performance.now();
  try {
    const present = today();
    const { options, texts: said } = readAddress(
      url,
      report.parameters.map(({ name }) => name),
      ending === "csv" ? "csv" : "file",
      present,
    );
    const { asOf, maxAge, acceptsPartial } = options;
    const day = asOf ?? present;
    const texts = await namesToIds(report, said, findRecordsFor(execute, request, reply, asOf));
    const variables = readParameters(report.parameters, texts, day);
    const call = { report, variables, maxAge, asOf, acceptsPartial };
    setHeaders(request, reply);
    if (request.method === "HEAD") {
      await checkReport(execute, request, reply, call);
      nameFile(reply, report, ending, variables, asOf, false);
      return reply.type(formats[ending].mediaType).send();
    }
    const scopes = [...(request.caller?.scopes ?? [])].sort().join();
    const key = JSON.stringify([report.name, ending, day, variables, options, scopes]);
    const known = unchanged.find(key);
    if (known !== undefined && isUnmodified(request, reply, known)) {
      logKept(request, { name: report.operationName, startedAt });
      return reply.send();
    }
    const run = await runReport(execute, request, reply, call);
    const { answer, earlier } = run;
    const hashOf = ({ rows }: TableAnswer) => answer.meter.complete("comparing the table", rows.hash());
    const hashes = [await hashOf(answer), ...(earlier ? [(await hashOf(earlier)) + gapsOf(earlier)] : [])];
    const etag = etagOf(key + hashes.join() + gapsOf(answer));
    if (answer.repeatable?.standing() === "current") unchanged.remember(key, etag, answer.repeatable);
    if (isUnmodified(request, reply, etag)) return reply.send();
    if (ending === "xlsx" && answer.rows.count >= MAX_ROWS) throw new TooManyRows();
    const isIncomplete = answer.unreadable + answer.omissions > 0;
    nameFile(reply, report, ending, variables, asOf, isIncomplete);
    if (isIncomplete)
      reply.header("x-alma-incomplete", `values=${answer.unreadable}, lists=${answer.omissions}`);
    const { calls, oldest, missingSettings, missingScopes } = answer;
    reply.headers({ "x-alma-calls": calls, ...(oldest && { "x-alma-oldest": oldest }) });
    if (missingSettings.length > 0) reply.header("x-alma-missing-settings", missingSettings.join(", "));
    if (missingScopes.length > 0) reply.header("x-alma-missing-scopes", missingScopes.join(", "));
    const { title, description, parameters } = report;
    const table = describedTable(run, { title, description, parameters, variables, timeZone, asOf });
    return await sendTable(request, reply, table, formats[ending], options, { meter: answer.meter, log });
  } catch (error) {
    return sendFailure(reply, error);
  }
}

/** Caches keep it for the caller alone, and ask each time whether it stands. What came by a link is not kept at all. */
function setHeaders({ reportLink }: FastifyRequest, reply: FastifyReply): void {
  if (!reportLink) reply.header("cache-control", "private, no-cache");
}

/** A file is named by its parameters: `rent-roll-2026-01-31-building-1075.csv`. */
function nameFile(
  reply: FastifyReply,
  { name, title, parameters }: Report,
  ending: Ending,
  variables: Readonly<Record<string, unknown>>,
  asOf: string | undefined,
  isIncomplete: boolean,
): void {
  const said = parameters.flatMap((parameter) => wordsOf(parameter, printValue(variables[parameter.name])));
  const words = asOf === undefined ? said : [...said, "as-of", asOf];
  const end = isIncomplete ? "-INCOMPLETE" : "";
  const disposition = contentDisposition(
    [name, ...words].join("-") + end,
    [title, ...words].join(" ") + end,
    ending,
  );
  reply.header("content-disposition", disposition);
}

/** What the name of a file says of a parameter: days speak for themselves, and so does what the report chose. */
function wordsOf({ name, namedType, defaultTexts }: Parameter, text: string): string[] {
  if (namedType.name === "Date") return text === "" ? [] : [text];
  const isChosen = text !== "" && text !== defaultTexts?.join(", ");
  return isChosen ? [name, text.replace(/^[A-Z][A-Za-z]*:/, "").slice(0, MAX_WORD)] : [];
}

/** What errors a table shows, which its rows as they were answered do not have. */
const gapsOf = ({ rowErrors, omissions }: TableAnswer): string =>
  JSON.stringify([[...rowErrors].sort(([one], [other]) => one - other), omissions]);
