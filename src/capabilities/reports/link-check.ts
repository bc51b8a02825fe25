import type { GraphQLSchema } from "graphql";
import { type CheckLink, createOperationAnalyzer, readDocument } from "../../server/index.ts";
import { readParameters } from "./definition/parameter.ts";
import { isBroken, loadReports } from "./definition/report-folder.ts";
import { readAddress } from "./run/address.ts";
import { formats, isEnding } from "./sheet/format.ts";

/**
 * Creates the check of links before they are made: that the folder has the report, that its address says values, and
 * that the link may read what it shows. It throws an Error with a sentence.
 */
export function createLinkCheck(folder: string | undefined, buildSchema: () => GraphQLSchema): CheckLink {
  return ({ file, query }, scopes) => {
    const schema = buildSchema();
    const rules = {
      schema,
      analyzer: createOperationAnalyzer(schema),
      // The gateway that opens the link has its own limits.
      readDocument: (text: string) =>
        readDocument(text, schema, { maxAliases: Infinity, maxTokens: Infinity }),
    };
    const reports = loadReports(rules, folder || undefined);
    const [name = "", ending] = file.split(".");
    const report = reports.get(name);
    if (!isEnding(ending ?? ""))
      throw new Error(`There is no format ${ending}. There are: ${Object.keys(formats).join(", ")}.`);
    if (!report)
      throw new Error(`There is no report ${name}. There are: ${[...reports.keys()].join(", ")} (REPORTS).`);
    if (isBroken(report)) throw new Error(`The report ${name} is switched off: ${report.fault}`);
    const { texts } = readAddress(`?${query}`, report, ending === "csv" ? "csv" : "file", "9999-12-31");
    readParameters(report.parameters, texts, new Date().toISOString().slice(0, 10));
    const lacking = report.scopes.filter((scope) => !scopes.some((own) => own.toUpperCase() === scope));
    if (lacking.length > 0)
      throw new Error(
        `The report ${name} shows what needs the scope ${lacking.join(", ").toLowerCase()} too. Pass it with --scopes.`,
      );
  };
}
