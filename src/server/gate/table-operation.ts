import type { GraphQLRequest, GraphQLResponse } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Meter, RowsRequest } from "../../graph/index.ts";
import type { ReportAdmission } from "../admission/reports.ts";
import type { RepeatableAnswer } from "../scope/graph.ts";

/** How an operation is executed whose answer is a table. */
export interface TableOptions {
  readonly rows: RowsRequest;
  /** Whether it is a report, however little it asks for. */
  readonly isReport: boolean;
  /** Whether everything is checked and nothing executed. */
  readonly checksOnly: boolean;
  /** Milliseconds: replaces DEADLINE where that is longer. */
  readonly timeout?: number | undefined;
}

/** Executes an operation as `/graphql` does, with its limits, checks and log. */
export type ExecuteTable = (
  request: FastifyRequest,
  reply: FastifyReply,
  graphqlRequest: GraphQLRequest,
  options: TableOptions,
) => Promise<ExecutedTable>;

/** An operation that was executed. */
export interface ExecutedTable {
  readonly response: GraphQLResponse;
  /** Measures what writing the table costs, too. */
  readonly meter: Meter;
  readonly admission: Pick<ReportAdmission, "holdAnswer">;
  /** What decides whether the answer may be given again; undefined if it may not. */
  readonly repeatable: RepeatableAnswer | undefined;
}
