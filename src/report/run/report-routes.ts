import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  onSendHookHandler,
} from "fastify";
import type { RouteHooks } from "../../server/index.ts";
import { readLater } from "../definition/read-later.ts";
import type { Report, ReportRules } from "../definition/report.ts";
import {
  type BrokenReport,
  isBroken,
  listReports,
  loadReports,
  type Reports,
} from "../definition/report-folder.ts";
import { formats, isEnding } from "../sheet/format.ts";
import { type FileOptions, sendReportFile } from "./report-file.ts";
import { sendText } from "./text-response.ts";

/** What the routes of reports are made of. */
interface ReportRoutesOptions extends FileOptions, ReportRules {
  /** The folder of the documents; undefined for those that come with the gateway. */
  readonly folder: string | undefined;
  /**
   * Hooks that authenticate and limit the callers of `/reports`, and those who have a link; they set `request.caller`.
   */
  readonly reportHooks: readonly onRequestHookHandler[];
  readonly linkHooks: readonly onRequestHookHandler[];
  readonly operationHooks: RouteHooks;
  /** Answers `/reports/NAME`. */
  readonly sendPage: (report: Report, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
  /** Changes what is sent to a person in place of a report. */
  readonly showProblem: onSendHookHandler;
}

const endings = Object.keys(formats)
  .map((ending) => `.${ending}`)
  .join(", ");

/**
 * Adds the addresses of reports, `/reports/rent-roll.csv`, and those of links to them,
 * `/links/almalink_…/rent-roll.csv`. Logs which documents cannot be reports.
 */
export function addReportRoutes(app: FastifyInstance, options: ReportRoutesOptions): () => Reports {
  const { folder, reportHooks, linkHooks, operationHooks, showProblem, log } = options;
  // A folder that cannot be read keeps the gateway from starting.
  listReports(folder);
  const reports = readLater(() => {
    const read = loadReports(options, folder);
    for (const report of read.values())
      if (isBroken(report)) log.warn({ report: report.name }, describeFault(report));
    return read;
  });
  for (const [url, hooks] of [
    ["/reports/:file", reportHooks],
    ["/links/:link/:file", linkHooks],
  ] as const)
    app.route<{ Params: { readonly file: string } }>({
      method: ["GET", "HEAD"],
      url,
      ...operationHooks,
      onRequest: [...hooks],
      onSend: showProblem,
      handler: (request, reply) => {
        const { reportLink: link } = request;
        const { file } = link ?? request.params;
        return answer(
          request,
          reply,
          { reports: reports(), file, url: link ? `?${link.query}` : request.url },
          options,
        );
      },
    });
  return reports;
}

/** Answers the address of a report: `rent-roll.csv`, with the parameters in the query of a URL. */
async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { reports, file, url }: { readonly reports: Reports; readonly file: string; readonly url: string },
  options: ReportRoutesOptions,
): Promise<FastifyReply> {
  const dot = file.lastIndexOf(".");
  const name = dot < 0 ? file : file.slice(0, dot);
  const ending = dot < 0 ? undefined : file.slice(dot + 1);
  const report = reports.get(name);
  if (!report) {
    const names = [...reports.keys()].join(", ");
    return sendText(
      reply,
      404,
      `There is no report ${JSON.stringify(name.slice(0, 60))}. There are: ${names || "none"}.`,
    );
  }
  if (isBroken(report)) return sendText(reply, 503, describeFault(report));
  if (ending === undefined) return options.sendPage(report, request, reply);
  if (!isEnding(ending))
    return sendText(
      reply,
      404,
      `The report ${name} is given as ${endings}: put one of these behind its name.`,
    );
  return sendReportFile(request, reply, { report, ending, url }, options);
}

const describeFault = ({ name, fault }: BrokenReport): string =>
  `The report ${name} is switched off until its document is mended: ${fault}`;
