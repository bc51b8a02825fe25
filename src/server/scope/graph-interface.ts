import type { GraphQLError, GraphQLFormattedError, GraphQLSchema } from "graphql";
import type { ReportedChange, StoredValues } from "../../catalog/index.ts";
import type {
  AnsweredOperation,
  CacheInfo,
  FileLinks,
  GuardedComparison,
  Meter,
  PromiseOrValue,
  ResolvedOperation,
  SingleResponse,
  StopSignal,
} from "../../graph/index.ts";
import type { Caller } from "./scope.ts";

/** The graph as the server uses it. */
export interface Graph<C extends object = object> {
  readonly schema: GraphQLSchema;
  /** Creates the context of one operation. `forwardingId`: set if another process forwarded the request. */
  context(request: {
    requestId: string;
    signal: StopSignal;
    /** Undefined if several callers with the same scopes share the answer. */
    caller: Caller | undefined;
    scopes: ReadonlySet<string>;
    meter: Meter;
    forwardingId?: string;
    /** Whether to answer only queries that accept stale data, because no process leads. */
    isLeaderless?: boolean;
    /** Whether no caller waits for it, as for a bulk operation. */
    isBulk?: boolean;
    files?: FileLinks | undefined;
  }): C;
  /** Marks variables of an operation that its resolvers must refuse. */
  prepare(operation: ResolvedOperation<C>): void;
  /**
   * Checks the arguments of an operation and sets its cut-offs, before anything is read. Throws to refuse the
   * operation.
   */
  begin(operation: ResolvedOperation<C>): PromiseOrValue<void>;
  /** Selects the catalog that an operation asks for. Rejects with that catalog's error. */
  openCatalog(operation: ResolvedOperation<C>): Promise<void>;
  /** Executes a query; undefined leaves it to graphql-js. */
  execute(operation: ResolvedOperation<C>): PromiseOrValue<SingleResponse | undefined>;
  /** Adds information for the caller to a response. */
  complete(operation: AnsweredOperation<C>): void;
  /** Resolves once every process that may answer knows the changes of a mutation. */
  whenKnown(context: C): Promise<void> | undefined;
  /** Logs the errors that callers must not see. */
  reportUnexpected(errors: readonly GraphQLError[], context: C): void;
  /** Finds, in steps, the guarded fields that a mutation with these coerced arguments compares with Alma's records. */
  readonly comparisonsOf: (
    mutation: string,
    args: Readonly<Record<string, unknown>>,
  ) => Generator<void, readonly GuardedComparison[]>;
  /** Returns what a reused answer of a finished query depends on; undefined if it must not be reused. */
  cacheInfo(context: C): CacheInfo | undefined;
  /** Returns whether an operation has sent a call that may have changed Alma. */
  hasSent(context: C): boolean;
  formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError;
  /** Returns today's date, `YYYY-MM-DD`, in the portfolio's time zone. */
  readonly today: () => string;
  /**
   * Reads reported records in the background. Returns the number of additional reads; `full` if too many are waiting,
   * in which case nothing is read; `off` without background reads.
   */
  touch(touched: readonly ReportedChange[]): number | "full" | "off";
  /** Returns the storage of values beyond this process, if any. */
  storedValues(): StoredValues | undefined;
  /** Returns how far the catalog has been filled. */
  progress(): {
    readonly warm: boolean;
    /** The number of records read of each kind, and their total if known; `failure`: why the list cannot be read. */
    readonly kinds?: readonly {
      readonly kind: string;
      readonly read: number;
      readonly of: number | undefined;
      readonly failure?: string;
    }[];
  };
}
