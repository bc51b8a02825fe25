import type { IncomingMessage } from "node:http";
import type { AlmaError } from "../../alma/index.ts";
import type { OtherCatalog, ResolvedOperation, RowsRequest } from "../../graph/index.ts";
import type { AdmittedRequest } from "./admitted-request.ts";

/** Options of an operation whose answer is a table. */
export interface TableOptions {
  /**
   * Chooses the rows of an operation; undefined if its variables are invalid. Throws a GraphQLError if they
   * would be ambiguous.
   */
  readonly chooseRows: (operation: ResolvedOperation<object>) => RowsRequest | undefined;
  /** Whether it is a report, however small. */
  readonly isReport: boolean;
  /** Whether to check everything and execute nothing. */
  readonly checksOnly: boolean;
  /** Replaces DEADLINE if longer, in milliseconds. */
  readonly timeout?: number;
}

/** How an operation becomes a report, and leaves its answer to its reader. */
export interface ReportAdmission {
  /**
   * Leaves the operation's place. Resolves when it has a slot of reports, or is stopped. Rejects with
   * OVERLOADED if the queue is full.
   */
  becomeReport(): Promise<void>;
  /**
   * Counts the bytes of the computed answer among those waiting for their readers. Returns OVERLOADED without
   * room.
   */
  holdAnswer(bytes: number): AlmaError | undefined;
}

/** The server's part of every resolver's and step's context, besides the graph's. */
export interface ServerContext {
  readonly admittedRequest: AdmittedRequest;
  readonly admission: ReportAdmission;
  readonly httpRequest: IncomingMessage;
  /** Whether another process has forwarded the request. */
  readonly isForwarded: boolean;
  /** The token of the term in which this process led when it began; undefined if it did not lead. */
  readonly term: string | undefined;
  /** The key under which the answer may be kept; null if it must not be. */
  readonly answerKey: string | null;
  /** Undefined if the answer is not a table. */
  readonly table: TableOptions | undefined;
  /** The rows of the table, for the graph. */
  rows: RowsRequest | undefined;
  /** The catalog selected by the graph, if not the present one. */
  otherCatalog?: OtherCatalog | undefined;
  /** Set once the operation has been judged, with the refusal if there is one. */
  judged: { readonly refusal?: unknown } | undefined;
  /** The printed response; a long one in UTF-8. */
  text: string | Buffer | undefined;
}
