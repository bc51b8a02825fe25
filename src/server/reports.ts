import type { FastifyInstance, onRequestHookHandler } from "fastify";
import type { Config, Log } from "../config/index.ts";
import type { CountFailure } from "./access/auth-hook.ts";
import type { Authentication } from "./access/authentication.ts";
import { createLinkHooks, createReportHooks } from "./access/report-access.ts";
import { addGalleryRoutes } from "./gallery/gallery-routes.ts";
import { showProblem } from "./gallery/page-response.ts";
import { sendReportPage } from "./gallery/send-report-page.ts";
import { addReportRoutes, type ReportRoutesOptions } from "./report/report-routes.ts";
import type { ExecuteTable } from "./report/table-query.ts";
import { UnchangedReports } from "./report/unchanged-reports.ts";
import type { Graph } from "./scope/graph.ts";
import type { OperationAnalyzer } from "./scope/operation-analysis.ts";

/** What reports need of the server. */
export interface ReportsOptions {
  readonly config: Config;
  readonly graph: Graph;
  readonly analyzer: OperationAnalyzer;
  readonly log: Log;
  readonly authentication: Authentication;
  readonly countFailure: CountFailure;
  /** What limits every caller. */
  readonly rateHooks: readonly onRequestHookHandler[];
  readonly operationHooks: ReportRoutesOptions["operationHooks"];
  readonly execute: ExecuteTable;
}

/** Adds what is below `/reports` and `/links`: files, pages, who gets in. A graph without a calendar has no reports. */
export function addReports(app: FastifyInstance, options: ReportsOptions): void {
  const { config, graph, analyzer, log, authentication, countFailure, rateHooks, operationHooks, execute } =
    options;
  const { today, schema } = graph;
  if (!today) return;
  const reportHooks = [...createReportHooks(authentication, countFailure, config), ...rateHooks];
  const linkHooks = [...createLinkHooks(authentication, countFailure), ...rateHooks];
  const pageOptions = { execute, today, needsKey: !config.open, progress: () => graph.progress() };
  const reports = addReportRoutes(app, {
    folder: config.reports,
    schema,
    analyzer,
    reportHooks,
    linkHooks,
    operationHooks,
    execute,
    unchanged: new UnchangedReports(),
    today,
    log,
    sendPage: (report, request, reply) => sendReportPage(report, request, reply, pageOptions),
    showProblem,
  });
  addGalleryRoutes(app, reports, reportHooks);
}
