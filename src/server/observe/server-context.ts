import type { IncomingMessage } from "node:http";
import type { AlmaError } from "../../alma/index.ts";
import type { OtherCatalog, ResolvedOperation, RowsRequest } from "../../graph/index.ts";
import type { AdmittedRequest } from "./admitted-request.ts";

/** How an operation is executed whose answer is a table. */
export interface TableOptions {
  /**
   * Chooses the rows of an operation that may run; undefined if its variables are invalid. Throws a GraphQLError if
   * they would not be clear.
   */
  readonly chooseRows: (operation: ResolvedOperation<object>) => RowsRequest | undefined;
  /** Whether it is a report, however little it asks for. */
  readonly isReport: boolean;
  /** Whether everything is checked and nothing executed. */
  readonly checksOnly: boolean;
  /** Milliseconds: replaces DEADLINE where that is longer. */
  readonly timeout?: number;
}

/** How an operation becomes a report, and leaves its answer to its reader. */
export interface ReportAdmission {
  /**
   * Gives the operation's place back, and resolves when it has a slot of reports, at once if it has one already, or
   * when it is stopped. Rejects with OVERLOADED if the line is too long.
   */
  becomeReport(): Promise<void>;
  /**
   * Counts the bytes of the computed answer among those that wait for their readers. Returns OVERLOADED if there is no
   * room.
   */
  holdAnswer(bytes: number): AlmaError | undefined;
}

/** What the server knows of an operation, in the context of every resolver and step: the graph's own, with this. */
export interface ServerContext {
  readonly admittedRequest: AdmittedRequest;
  readonly admission: ReportAdmission;
  readonly httpRequest: IncomingMessage;
  /** Whether another process has forwarded the request. */
  readonly isForwarded: boolean;
  /** The token of the term in which this process led when it began; undefined where it did not lead. */
  readonly term: string | undefined;
  /** The key under which the answer may be kept; null if it may not. */
  readonly answerKey: string | null;
  /** Undefined if the answer is no table. */
  readonly table: TableOptions | undefined;
  /** The rows of the table, for the graph. */
  rows: RowsRequest | undefined;
  /** What it is answered from in place of the present catalog, as the graph has found it. */
  otherCatalog?: OtherCatalog | undefined;
  /** Set once the operation has been judged: what refuses it, if anything does. */
  judged: { readonly refusal?: unknown } | undefined;
  /** The printed response; a long one in UTF-8. */
  text: string | Buffer | undefined;
}
