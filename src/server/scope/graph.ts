import type { GraphQLError, GraphQLFormattedError, GraphQLSchema } from "graphql";
import type { StoredValues, Touched } from "../../catalog/index.ts";
import type {
  AnsweredOperation,
  FileLinks,
  Meter,
  PromiseOrValue,
  ResolvedOperation,
  SingleResponse,
  StopSignal,
} from "../../graph/index.ts";
import type { Caller, Scope } from "./scope.ts";

/** A scope that a mutation needs because of its arguments. */
export interface ArgumentScope {
  readonly scope: Scope;
  /** Names its origin in messages: `Unit.keyboxCode from ufCrm6_1720794204`. */
  readonly element: string;
  /**
   * The record whose field is compared, as named in the arguments; undefined if it is not about one record.
   */
  readonly record?: string;
}

/** The basis on which the answer of a query can be reused. */
export interface RepeatableAnswer {
  /** How many records it shows. */
  readonly reused: number;
  /** Returns whether it may be reused: not for now while `suspended`, never once `outdated`. */
  standing(): "current" | "suspended" | "outdated";
}

/** The graph, as the server needs it. */
export interface Graph<C extends object = object> {
  readonly schema: GraphQLSchema;
  /** Creates the context of one operation. `forwardingId`: that of a request which another process has forwarded. */
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
  prepare?(operation: ResolvedOperation<C>): void;
  /**
   * Checks the arguments of an operation and fixes its cut-offs, before anything is read. Throws to refuse
   * it.
   */
  begin(operation: ResolvedOperation<C>): PromiseOrValue<void>;
  /** Selects the catalog that an operation asks for. Rejects with that catalog's error. */
  openCatalog?(operation: ResolvedOperation<C>): Promise<void>;
  /** Executes a query; undefined leaves it to graphql-js. */
  execute(operation: ResolvedOperation<C>): PromiseOrValue<SingleResponse | undefined>;
  /** Adds information for the caller to a response. */
  complete(operation: AnsweredOperation<C>): void;
  /** Resolves once every process that may answer knows what a mutation changed. */
  whenKnown?(context: C): Promise<void> | undefined;
  /** Logs the errors that callers must not see. */
  reportUnexpected(errors: readonly GraphQLError[], context: C): void;
  /**
   * Finds, in steps, the guarded fields that a mutation with these coerced arguments compares with Alma's
   * records.
   */
  readonly comparisonsOf?: (
    mutation: string,
    args: Readonly<Record<string, unknown>>,
  ) => Generator<void, readonly ArgumentScope[]>;
  /** Returns the basis on which the answer of an ended query can be reused; undefined if it must not be. */
  repeatable?(context: C): RepeatableAnswer | undefined;
  /** Returns whether an operation has sent anything that may have changed Alma. */
  hasSent?(context: C): boolean;
  formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError;
  /** Returns today's date, `YYYY-MM-DD`, in the portfolio's time zone. Without it there are no reports. */
  readonly today?: () => string;
  /**
   * Reads reported records in the background. Returns the number of additional reads; `full`, without any
   * read, if too many wait; `off` if nothing is read in the background.
   */
  touch?(touched: readonly Touched[]): number | "full" | "off";
  /** Returns where values are kept beyond this process, if anywhere. */
  storedValues?(): StoredValues | undefined;
  /** Returns how far the catalog has been filled. */
  progress(): {
    readonly warm: boolean;
    /** The records read of each kind, and their total if known; `failure`: why its list cannot be read. */
    readonly kinds?: readonly {
      readonly kind: string;
      readonly read: number;
      readonly of: number | undefined;
      readonly failure?: string;
    }[];
  };
}
