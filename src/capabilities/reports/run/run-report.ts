import { yearBefore } from "../definition/parse-day.ts";
import type { Report } from "../definition/report.ts";
import { CollectedRows } from "../sheet/collected-rows.ts";
import { createDerive, rowsOnlyBefore } from "./derived-cells.ts";
import { failureOf } from "./failure.ts";
import { mergeRows } from "./merged-rows.ts";
import { type ExecuteForCaller, readTable, type TableAnswer, tableBatches } from "./table-answer.ts";

/** A request for a report. */
export interface ReportCall {
  readonly report: Report;
  readonly variables: Readonly<Record<string, unknown>>;
  /** In milliseconds; undefined to use the document and the settings. */
  readonly maxAge?: number;
  /** The day at whose end the data is shown; by default the current data. */
  readonly asOf?: string;
  /** The earlier day to compare with, and its parameters. */
  readonly against?: { readonly asOf: string; readonly variables: ReportCall["variables"] };
  /** Whether an incomplete answer is accepted. */
  readonly acceptsPartial: boolean;
  /** Replaces DEADLINE if shorter, in milliseconds. */
  readonly timeout?: number;
}

/** The result of a report. */
export type ReportRun = Awaited<ReturnType<typeof runReport>>;

/**
 * Runs a report for the caller of a request: one operation with all of its limits, whose rows are complete. Rejects
 * with an OperationFailure.
 */
export async function runReport(execute: ExecuteForCaller, call: ReportCall) {
  const { report, variables, acceptsPartial } = call;
  const { columns, expand } = report;
  const ask = (asked: ReportCall) => {
    const rows = new CollectedRows(report.rows);
    return readTable(executeCall(execute, asked, rows), rows, acceptsPartial, expand);
  };
  const answer = await ask(call);
  const isCompared = columns.some(({ derived }) => derived?.kind === "yearBefore");
  const earlier = isCompared ? await ask({ ...call, variables: aYearBefore(call) }) : undefined;
  const rowsBefore = earlier && [...tableBatches(earlier, columns, expand)].flat();
  const derive = createDerive(columns, variables, rowsBefore);
  const onlyBefore = rowsBefore
    ? rowsOnlyBefore(columns, [...tableBatches(answer, columns, expand)].flat(), rowsBefore)
    : [];
  return {
    answer: earlier ? combineAnswers(answer, earlier) : answer,
    /** All answers that its rows come from. */
    answers: earlier ? [answer, earlier] : [answer],
    columns,
    *batches() {
      const batches = tableBatches(answer, columns, expand);
      const isMerged = report.merge || columns.some(({ derived }) => derived?.kind === "cases");
      if (isMerged) yield mergeRows(report, [...[...batches].flat(), ...onlyBefore], derive);
      else {
        for (const rows of batches) yield rows.map(derive);
        if (onlyBefore.length > 0) yield onlyBefore.map(derive);
      }
    },
  };
}

/** Returns the variables of a report with all days moved a year back. */
function aYearBefore({ report, variables }: ReportCall) {
  const earlier = { ...variables };
  for (const { name, namedType } of report.parameters) {
    const value = variables[name];
    if (namedType.name === "Date" && typeof value === "string") earlier[name] = yearBefore(value);
  }
  return earlier;
}

/** Combines two answers. */
export function combineAnswers(answer: TableAnswer, other: TableAnswer): TableAnswer {
  // The checks whether a file is unchanged are kept, without rows.
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

/** Performs all checks of a run without reading data. Rejects with an OperationFailure. */
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
  const { query, operationName, expand } = report;
  return execute(
    { query, operationName, variables },
    {
      chooseRows: () => ({ sink, expand, isWhole: true, maxAge, asOf }),
      isReport: !checksOnly,
      checksOnly,
      timeout,
    },
  );
}
