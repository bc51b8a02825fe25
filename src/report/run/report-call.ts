import { readParameters } from "../definition/parameter.ts";
import { type FindRecords, namesToIds } from "../definition/record-choice.ts";
import type { Report } from "../definition/report.ts";
import type { Address } from "./address.ts";
import type { ReportCall } from "./run-report.ts";

/**
 * What an address asks of a report, and of the same at an earlier time if it asks for that. Relative days count from
 * the day of each. Rejects with a BadParameter.
 */
export async function readCall(
  report: Report,
  { options, texts }: Address,
  today: string,
  find: FindRecords,
): Promise<ReportCall> {
  const { asOf, compare, maxAge, acceptsPartial } = options;
  const ids = await namesToIds(report, texts, find);
  const variablesOf = (day: string) => readParameters(report.parameters, ids, day);
  return {
    report,
    variables: variablesOf(asOf ?? today),
    maxAge,
    asOf,
    acceptsPartial,
    against: compare === undefined ? undefined : { asOf: compare, variables: variablesOf(compare) },
  };
}
