import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ReportFault } from "./head.ts";
import { parseReport, type Report, type ReportRules } from "./report.ts";

/** The reports that come with the gateway, in a folder next to both `src/` and `dist/`. */
const shippedFolder = fileURLToPath(new URL("../../../reports", import.meta.url));
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

/** The names of the documents in a folder, the shipped one without a path. Throws what the file system throws. */
export function listReports(folder: string = shippedFolder): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length))
    .sort();
}

/** Reads every document of a folder. A broken one is no reason to do without the others. */
export function loadReports(rules: ReportRules, folder: string = shippedFolder): Reports {
  return new Map(
    listReports(folder).map((name) => [name, loadReport(name, join(folder, name + ENDING), rules)]),
  );
}

function loadReport(name: string, path: string, rules: ReportRules): Report | BrokenReport {
  try {
    return parseReport(name, readFileSync(path, "utf8"), rules);
  } catch (error) {
    const isExpected = error instanceof ReportFault || (error as NodeJS.ErrnoException).code !== undefined;
    if (!isExpected) throw error;
    return { name, fault: (error as Error).message };
  }
}
