import type { FastifyReply, FastifyRequest } from "fastify";
import type { ExecuteOperation, TableOptions } from "../../server/index.ts";
import type { FindRecords } from "../definition/record-choice.ts";
import type { Report } from "../definition/report.ts";
import type { ReportColumn } from "../definition/totals.ts";
import { CollectedRows } from "../sheet/collected-rows.ts";
import type { Table } from "../sheet/table.ts";
import { tableBatches } from "./table-batches.ts";
import { failureOf, queryTable, type TableAnswer } from "./table-query.ts";

/** What one request asks of a report. */
interface ReportCall {
  readonly report: Report;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Milliseconds; undefined if the document and the settings decide. */
  readonly maxAge: number | undefined;
  /** Whether an answer that lacks something is accepted. */
  readonly acceptsPartial: boolean;
  /** Milliseconds: replaces DEADLINE where that is longer. */
  readonly timeout?: number | undefined;
}

/** A report that was run. */
export interface ReportRun extends Pick<Table, "batches"> {
  readonly columns: readonly ReportColumn[];
  readonly answer: TableAnswer;
}

/**
 * Runs a report for the caller of a request: one operation with all of its limits, whose rows are all there. Rejects
 * with a TableFailure.
 */
export async function runReport(
  execute: ExecuteOperation,
  request: FastifyRequest,
  reply: FastifyReply,
  call: ReportCall,
): Promise<ReportRun> {
  const { report, acceptsPartial } = call;
  const answer = await queryTable(
    (rows) => execute(request, reply, graphqlRequestOf(call), optionsOf(call, rows, false)),
    { expand: report.expand, acceptsPartial },
  );
  const { columns } = report;
  return { answer, columns, batches: () => tableBatches(answer, columns, report.expand) };
}

/** The function that finds records by name, in reports that are run for the caller of a request. */
export const findRecordsFor =
  (execute: ExecuteOperation, request: FastifyRequest, reply: FastifyReply): FindRecords =>
  async (report, search) => {
    const call = { report, variables: { search }, maxAge: undefined, acceptsPartial: true };
    const { batches } = await runReport(execute, request, reply, call);
    return [...batches()].flat();
  };

/** Checks everything that a run would check before it reads. Rejects with a TableFailure. */
export async function checkReport(
  execute: ExecuteOperation,
  request: FastifyRequest,
  reply: FastifyReply,
  call: ReportCall,
): Promise<void> {
  const rows = new CollectedRows();
  const { response } = await execute(request, reply, graphqlRequestOf(call), optionsOf(call, rows, true));
  const failure = failureOf(response);
  if (failure) throw failure;
}

const graphqlRequestOf = ({ report: { query, operationName }, variables }: ReportCall) => ({
  query,
  operationName,
  variables: { ...variables },
});

const optionsOf = (
  { report, maxAge, timeout }: ReportCall,
  sink: CollectedRows,
  checksOnly: boolean,
): TableOptions => ({
  chooseRows() {
    sink.path = report.rows;
    return { sink, expand: report.expand, isWhole: true, maxAge };
  },
  isReport: !checksOnly,
  checksOnly,
  timeout,
});
