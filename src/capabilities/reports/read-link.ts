import type { DocumentRules } from "../../server/index.ts";
import { readParameters } from "./definition/parameter.ts";
import { isBroken, loadReports } from "./definition/report.ts";
import { readAddress } from "./run/address.ts";
import { formats, isFileExtension } from "./sheet/format.ts";

/**
 * Returns a reader of the URL that a link opens, with or without the gateway's origin and `/reports/` before it. The
 * report must exist, the values must be valid, and the link must have the scopes of the report's data.
 */
export const createReadLink =
  (folder: string | undefined, createRules: () => DocumentRules) =>
  (text: string, scopes: readonly string[]) => {
    const base = "http://gateway.invalid/reports/";
    const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
    const [, file = "", name = "", ending] =
      /^\/reports\/(([A-Za-z0-9][\w-]*)(?:\.([a-z]+))?)$/.exec(url?.pathname ?? "") ?? [];
    if (!url || file === "")
      throw new Error(
        `--link is "${text}", but it must be a report with its parameters, such as "rent-roll.csv?on=today", or "rent-roll?on=today" for its page.`,
      );
    const reports = loadReports(createRules(), folder || undefined);
    const report = reports.get(name);
    if (ending !== undefined && !isFileExtension(ending))
      throw new Error(`There is no format ${ending}. Formats: ${Object.keys(formats).join(", ")}.`);
    if (!report)
      throw new Error(`There is no report ${name}. Reports: ${[...reports.keys()].join(", ")} (REPORTS).`);
    if (isBroken(report)) throw new Error(`The report ${name} is disabled: ${report.fault}`);
    const { texts } = readAddress(url.search, report, ending, "9999-12-31");
    readParameters(report.parameters, texts, new Date().toISOString().slice(0, 10));
    const missing = report.scopes.filter((scope) => !scopes.some((own) => own.toUpperCase() === scope));
    if (missing.length > 0)
      throw new Error(
        `The report ${name} also needs the scope ${missing.join(", ").toLowerCase()}. Pass it with --scopes.`,
      );
    return { file, query: url.search.slice(1), origin: url.hostname === "gateway.invalid" ? "" : url.origin };
  };
