import { yearBefore } from "../definition/day.ts";
import { createDerive, rowsByKey } from "../definition/derived-column.ts";
import { readParameters } from "../definition/parameter.ts";
import { namesToIds } from "../definition/record-choice.ts";
import type { Report } from "../definition/report.ts";
import { CollectedRows } from "../sheet/collected-rows.ts";
import type { Address } from "./address.ts";
import { mergeRows } from "./merged-rows.ts";
import { failureOf } from "./operation-failure.ts";
import { type ExecuteForCaller, queryTable, type TableAnswer, tableBatches } from "./table-query.ts";

/** What one request asks of a report. */
export interface ReportCall {
  readonly report: Report;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Milliseconds; undefined if the document and the settings decide. */
  readonly maxAge?: number;
  /** The day at the end of which all is to be as it was known; by default now. */
  readonly asOf?: string;
  /** The earlier day, and the parameters for that, with which it is to be compared. */
  readonly against?: { readonly asOf: string; readonly variables: ReportCall["variables"] };
  /** Whether an answer that lacks something is accepted. */
  readonly acceptsPartial: boolean;
  /** Milliseconds: replaces DEADLINE where that is longer. */
  readonly timeout?: number;
}

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

/** A report that was run. */
export type ReportRun = Awaited<ReturnType<typeof runReport>>;

/**
 * Runs a report for the caller of a request: one operation with all of its limits, whose rows are all there. Rejects
 * with an OperationFailure.
 */
export async function runReport(execute: ExecuteForCaller, call: ReportCall) {
  const { report, variables, acceptsPartial } = call;
  const { columns, expand } = report;
  const ask = (asked: ReportCall) =>
    queryTable((rows) => executeCall(execute, asked, rows), acceptsPartial, expand);
  const answer = await ask(call);
  const isCompared = columns.some(({ derived }) => derived?.kind === "yearBefore");
  const earlier = isCompared ? await ask({ ...call, variables: aYearBefore(call) }) : undefined;
  const rowsBefore = earlier && rowsByKey(columns, [...tableBatches(earlier, columns, expand)].flat());
  const derive = createDerive(columns, variables, rowsBefore);
  return {
    answer: earlier ? together(answer, earlier) : answer,
    /** All answers that its rows are made of. */
    answers: earlier ? [answer, earlier] : [answer],
    columns,
    *batches() {
      const batches = tableBatches(answer, columns, expand);
      const isMerged = report.merge || columns.some(({ derived }) => derived?.kind === "cases");
      if (isMerged) yield mergeRows(report, [...batches].flat(), derive ?? ((row) => row));
      else for (const rows of batches) yield derive ? rows.map(derive) : rows;
    },
  };
}

/** The variables of a report, with all of their days a year before. */
function aYearBefore({ report, variables }: ReportCall) {
  const earlier = { ...variables };
  for (const { name, namedType } of report.parameters) {
    const value = variables[name];
    if (namedType.name === "Date" && typeof value === "string") earlier[name] = yearBefore(value);
  }
  return earlier;
}

/** An answer that rests on another one too. */
export function together(answer: TableAnswer, other: TableAnswer): TableAnswer {
  // What tells whether a file is unchanged is kept: it holds no rows.
  const [isCurrent, isOtherCurrent] = [answer.isCurrent, other.isCurrent];
  const moments = [answer.oldest, other.oldest].filter((moment) => moment !== null);
  return {
    ...answer,
    unreadable: answer.unreadable + other.unreadable,
    omissions: answer.omissions + other.omissions,
    calls: answer.calls + other.calls,
    oldest: moments.sort()[0] ?? null,
    isCurrent: () => isCurrent() && isOtherCurrent(),
  };
}

/** Checks everything that a run would check before it reads. Rejects with an OperationFailure. */
export async function checkReport(execute: ExecuteForCaller, call: ReportCall): Promise<void> {
  const { response } = await executeCall(execute, call, new CollectedRows(), true);
  const failure = failureOf(response);
  if (failure) throw failure;
}

function executeCall(
  execute: ExecuteForCaller,
  { report, variables, maxAge, asOf, timeout }: ReportCall,
  sink: CollectedRows,
  checksOnly = false,
) {
  const { query, operationName, rows, expand } = report;
  return execute(
    { query, operationName, variables },
    {
      chooseRows() {
        sink.path = rows;
        return { sink, expand, isWhole: true, maxAge, asOf };
      },
      isReport: !checksOnly,
      checksOnly,
      timeout,
    },
  );
}
