import { beginTotals } from "../definition/totals.ts";
import type { Row } from "../sheet/table.ts";
import { comparedTable, compareRows } from "./compared-rows.ts";
import { OperationFailure } from "./operation-failure.ts";
import { type ReportCall, type ReportRun, runReport, together } from "./run-report.ts";
import type { ExecuteForCaller } from "./table-query.ts";

/** Rows that are given together. */
const BATCH = 500;

/** A report that was run twice. */
export type ComparedRun = Awaited<ReturnType<typeof runComparison>>;

/**
 * Runs a report for two times, one after the other: two operations, each with all limits of one. Its table is that of
 * the compared rows. Rejects with an OperationFailure.
 */
export async function runComparison(
  execute: ExecuteForCaller,
  call: ReportCall,
  against: NonNullable<ReportCall["against"]>,
) {
  const present = await runReport(execute, call);
  const past = await runReport(execute, { ...call, ...against, maxAge: undefined }).catch(
    (error: unknown) => {
      if (error instanceof OperationFailure) error.message = `As known on ${against.asOf}: ${error.message}`;
      throw error;
    },
  );
  const { meter } = present.answer;
  const now = await meter.complete("comparing the rows", takeRows(present));
  const before = await meter.complete("comparing the rows", takeRows(past));
  const rows = await meter.complete("comparing the rows", compareRows(call.report, now.rows, before.rows));
  const { columns, toRow } = comparedTable(call.report);
  return {
    answer: {
      ...together(present.answer, past.answer),
      oldest: present.answer.oldest,
      oldestBefore: past.answer.oldest,
    },
    answers: [...present.answers, ...past.answers],
    columns,
    call,
    against,
    rows,
    /** What the rows of each time come to, by column of the report. */
    totals: { now: now.totals, before: before.totals },
    *batches() {
      for (let start = 0; start < rows.length; start += BATCH)
        yield rows.slice(start, start + BATCH).map(toRow);
    },
  };
}

function* takeRows({ columns, batches }: ReportRun) {
  const rows: Row[] = [];
  const totals = beginTotals(columns);
  for (const batch of batches()) {
    for (const row of batch) totals.add(row);
    rows.push(...batch);
    yield;
  }
  return { rows, totals: totals.toTexts() };
}
