import type { IncomingMessage } from "node:http";
import type { AlmaError } from "../../alma/index.ts";
import type { GraphContext, ResolvedOperation, RowsRequest } from "../../graph/index.ts";
import type { AdmittedRequest } from "./admitted-request.ts";

/** Options of an operation whose answer is a table. */
export interface TableOptions {
  /**
   * Chooses the rows of an operation; undefined if its variables are invalid. Throws a GraphQLError if the choice is
   * ambiguous.
   */
  readonly chooseRows: (operation: ResolvedOperation<object>) => RowsRequest | undefined;
  /** Whether it counts as a report, whatever its size. */
  readonly isReport: boolean;
  /** Whether to run all checks but not execute. */
  readonly checksOnly: boolean;
  /** Replaces DEADLINE, in milliseconds, if it is shorter. */
  readonly timeout?: number;
}

/** Moves an operation to the report slots, and counts its unread answer. */
export interface ReportAdmission {
  /**
   * Gives up the operation slot. Resolves when the operation has a report slot or is stopped. Rejects with OVERLOADED
   * if the queue is full.
   */
  becomeReport(): Promise<void>;
  /** Counts the bytes of the computed answer as unread. Returns an OVERLOADED error if they don't fit. */
  countUnread(bytes: number): AlmaError | undefined;
}

/** A printed response; UTF-8 bytes if it is long. */
export interface PrintedResponse {
  readonly text: string | Buffer;
  /** The text before `extensions`, which come last and differ each time. */
  readonly head: string | Buffer;
}

/** The context of resolvers and steps. */
export interface ServerContext extends GraphContext {
  readonly admittedRequest: AdmittedRequest;
  readonly admission: ReportAdmission;
  readonly httpRequest: IncomingMessage;
  /** Whether another process has forwarded the request. */
  readonly isForwarded: boolean;
  /** The token of the term that this process led when the operation began; undefined if it did not lead. */
  readonly term: string | undefined;
  /** The cache key of the answer; null if it must not be cached. */
  readonly cacheKey: string | null;
  /** Undefined if the answer is not a table. */
  readonly table: TableOptions | undefined;
  /** Set once the operation has been checked; contains the refusal if there is one. */
  checked: { readonly refusal?: unknown } | undefined;
  /** The printed response. */
  printed: PrintedResponse | undefined;
}
