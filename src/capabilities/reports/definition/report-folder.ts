import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codeFolder } from "../../../config/index.ts";
import type { DocumentRules } from "../../../server/index.ts";
import { ReportFault } from "./head.ts";
import { parseReport, type Report } from "./report.ts";

/** The reports that come with the gateway. */
const shippedFolder = fileURLToPath(new URL("capabilities/reports/documents", codeFolder));
const ENDING = ".graphql";

/** A document that cannot be a report. */
export interface BrokenReport {
  readonly name: string;
  /** Sentences that say why. */
  readonly fault: string;
}

/** What a folder has, by name. */
export type Reports = ReadonlyMap<string, Report | BrokenReport>;

/** Whether a document of the folder cannot be a report. */
export const isBroken = (report: Report | BrokenReport): report is BrokenReport => "fault" in report;

/** The names of the documents in a folder. Throws what the file system throws. */
export const listDocuments = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length));

/** The names of the reports in a folder, the shipped one without a path. Throws what the file system throws. */
export const listReports = (folder: string = shippedFolder): string[] => listDocuments(folder).sort();

/** Reads the document of a name in a folder. */
export const readFrom = (folder: string, name: string): string =>
  readFileSync(join(folder, name + ENDING), "utf8");

/** Reads every document of a folder. A broken one is no reason to do without the others. */
export function loadReports(rules: DocumentRules, folder: string = shippedFolder): Reports {
  const read = new Map(listReports(folder).map((name) => [name, loadReport(name, folder, rules)]));
  return new Map(
    [...read].map(([name, report]) => [name, isBroken(report) ? report : withChoices(report, read)]),
  );
}

/** Lets a report know the others whose rows its parameters may be. */
function withChoices(report: Report, reports: Reports): Report | BrokenReport {
  const choices = new Map<string, Report>();
  for (const { name: parameter, choicesOf: name } of report.parameters) {
    if (name === undefined) continue;
    const other = reports.get(name);
    const fault = (what: string) => ({
      name: report.name,
      fault: `The choices of its parameter ${parameter} are the report ${name}, and that ${what}.`,
    });
    if (!other || isBroken(other)) return fault("is not there, or is switched off");
    if (!other.parameters.some((own) => own.name === "search"))
      return fault("has no parameter search, by which a name is found");
    if (!other.columns.some(({ holds }) => holds === "id")) return fault("has no column with ids");
    choices.set(parameter, other);
  }
  return { ...report, choices };
}

function loadReport(name: string, folder: string, rules: DocumentRules) {
  try {
    return parseReport(name, readFrom(folder, name), rules);
  } catch (error) {
    const isExpected = error instanceof ReportFault || (error as NodeJS.ErrnoException).code !== undefined;
    if (!isExpected) throw error;
    return { name, fault: (error as Error).message };
  }
}
