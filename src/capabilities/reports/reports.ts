import type { FastifyInstance } from "fastify";
import { LRUCache } from "lru-cache";
import { type RouteParts, showProblem } from "../../server/index.ts";
import { readLater } from "./definition/document.ts";
import { quoteStart } from "./definition/parameter.ts";
import { type BrokenReport, isBroken, listReports, loadReports } from "./definition/report.ts";
import { addGalleryRoutes } from "./gallery/report-page.ts";
import { sendReportPage } from "./gallery/send-report-page.ts";
import { sendText } from "./run/failure.ts";
import { type SentFile, sendReportFile } from "./run/report-file.ts";
import { formats, isFileExtension } from "./sheet/format.ts";

/** The maximum number of files whose checks for changes are kept. */
const MAX_SENT_FILES = 500;

const endings = Object.keys(formats)
  .map((ending) => `.${ending}`)
  .join(", ");

/**
 * Adds the routes below `/reports` and `/links`: pages, files such as `/reports/rent-roll.csv`, files by link such as
 * `/links/almalink_…/rent-roll.csv`, and their authentication. Logs broken documents.
 */
export function addReports(app: FastifyInstance, parts: RouteParts, folder: string | undefined): void {
  const { log, browserHooks, operationHooks } = parts;
  // An unreadable folder prevents the start.
  listReports(folder);
  const reports = readLater(() => {
    const read = loadReports(parts, folder);
    for (const report of read.values())
      if (isBroken(report)) log.warn({ report: report.name }, describeFault(report));
    return read;
  });
  const reportParts = { ...parts, sentFiles: new LRUCache<string, SentFile>({ max: MAX_SENT_FILES }) };
  for (const [address, hooks] of [
    ["/reports/:file", browserHooks.readers],
    ["/links/:link/:file", browserHooks.links],
  ] as const)
    app.route<{ Params: { readonly file: string } }>({
      method: ["GET", "HEAD"],
      url: address,
      ...operationHooks,
      onRequest: hooks,
      onSend: showProblem,
      handler: async (request, reply) => {
        const { link } = request;
        const { file } = link ?? request.params;
        const [, name = file, ending] = /^(.*)\.(.*)$/s.exec(file) ?? [];
        const report = reports().get(name);
        if (!report) {
          const names = [...reports().keys()].join(", ") || "none";
          return sendText(reply, 404, `There is no report ${quoteStart(name)}. Reports: ${names}.`);
        }
        if (isBroken(report)) return sendText(reply, 503, describeFault(report));
        const url = link ? `?${link.query}` : request.url;
        if (ending === undefined) return sendReportPage(report, url, request, reply, reportParts);
        if (!isFileExtension(ending))
          return sendText(
            reply,
            404,
            `The report ${name} has the formats ${endings}. Add one of them to its name.`,
          );
        return sendReportFile(report, ending, url, request, reply, reportParts);
      },
    });
  addGalleryRoutes(app, reports, browserHooks.readers);
}

const describeFault = ({ name, fault }: BrokenReport) =>
  `The report ${name} is disabled until its document is fixed: ${fault}`;
