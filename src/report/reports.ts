import type { FastifyInstance } from "fastify";
import { decimalsOf } from "../config/index.ts";
import { type AnswerAsTable, createLinkHooks, createReportHooks, type ServerParts } from "../server/index.ts";
import { addGalleryRoutes } from "./gallery/gallery-routes.ts";
import { sendReportPage } from "./gallery/send-report-page.ts";
import { showProblem } from "./html/page-response.ts";
import { createTableAnswer } from "./run/negotiated-table.ts";
import { addReportRoutes } from "./run/report-routes.ts";
import { UnchangedReports } from "./run/unchanged-reports.ts";

/**
 * Adds what is below `/reports` and `/links`: files, pages, who gets in. A graph without a calendar has no reports.
 * Returns what answers queries at `/graphql` as tables.
 */
export function addReports(app: FastifyInstance, parts: ServerParts): AnswerAsTable {
  const {
    config,
    graph,
    analyzer,
    readDocument,
    log,
    logKept,
    authentication,
    countFailure,
    rateHooks,
    operationHooks,
    execute,
  } = parts;
  const { today, schema } = graph;
  const answerAsTable = createTableAnswer(schema, execute, log);
  if (!today) return answerAsTable;
  const reportHooks = [...createReportHooks(authentication, countFailure, config), ...rateHooks];
  const linkHooks = [...createLinkHooks(authentication, countFailure), ...rateHooks];
  const { timeZone, currency } = config;
  const decimals = currency === undefined ? 2 : decimalsOf(currency);
  const pageOptions = {
    execute,
    today,
    timeZone,
    needsKey: !config.open,
    money: { currency, decimals },
    progress: () => graph.progress(),
  };
  const reports = addReportRoutes(app, {
    folder: config.reports,
    schema,
    analyzer,
    readDocument,
    reportHooks,
    linkHooks,
    operationHooks,
    execute,
    unchanged: new UnchangedReports(),
    today,
    timeZone,
    log,
    logKept,
    sendPage: (report, request, reply) => sendReportPage(report, request, reply, pageOptions),
    showProblem,
  });
  addGalleryRoutes(app, reports, reportHooks);
  return answerAsTable;
}
