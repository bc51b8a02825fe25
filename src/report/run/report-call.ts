import { readParameters } from "../definition/parameter.ts";
import { namesToIds } from "../definition/record-choice.ts";
import type { Report } from "../definition/report.ts";
import type { Address } from "./address.ts";
import { type ReportCall, runReport } from "./run-report.ts";
import type { ExecuteForCaller } from "./table-query.ts";

/**
 * What an address asks of a report, and of the same at an earlier time if it asks for that. Relative days count from
 * the day of each. Names of records are looked up in the reports that list them. Rejects with a BadParameter.
 */
export async function readCall(
  execute: ExecuteForCaller,
  report: Report,
  { options, texts }: Address,
  today: string,
  timeout?: number,
): Promise<ReportCall> {
  const { asOf, compare, maxAge, acceptsPartial } = options;
  const ids = await namesToIds(report, texts, async (choices, search) => {
    const call = { report: choices, variables: { search }, asOf, acceptsPartial: false };
    const { batches } = await runReport(execute, { ...call, timeout });
    return [...batches()].flat();
  });
  const variablesOf = (day: string) => readParameters(report.parameters, ids, day);
  return {
    report,
    variables: variablesOf(asOf ?? today),
    maxAge,
    asOf,
    acceptsPartial,
    timeout,
    against: compare === undefined ? undefined : { asOf: compare, variables: variablesOf(compare) },
  };
}
