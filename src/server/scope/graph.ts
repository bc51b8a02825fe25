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

/** A scope that a mutation needs because of what its arguments are. */
export interface ArgumentScope {
  readonly scope: Scope;
  /** What needs it, for messages: `Unit.keyboxCode from ufCrm6_1720794204`. */
  readonly element: string;
  /** The record whose field is compared, as the arguments name it; undefined for what is not about one record. */
  readonly record?: string;
}

/** What decides whether the answer of a query may be given again. */
export interface RepeatableAnswer {
  /** How many records it shows. */
  readonly reused: number;
  /** Whether it may be given again: not for now while it is `suspended`, never once it is `outdated`. */
  standing(): "current" | "suspended" | "outdated";
}

/** The graph, as the server needs it. */
export interface Graph<C extends object = object> {
  readonly schema: GraphQLSchema;
  /** Creates the context of one operation. `forwardingId`: that of a request which another process has forwarded. */
  context(request: {
    requestId: string;
    signal: StopSignal;
    /** Undefined if the answer is shared by several callers, whose scopes are the same. */
    caller: Caller | undefined;
    scopes: ReadonlySet<string>;
    meter: Meter;
    forwardingId?: string;
    /** Whether only a query that accepts stale data may be answered, since no process leads. */
    isLeaderless?: boolean;
    /** Whether it is one of many that nobody waits for. */
    isBulk?: boolean;
    files?: FileLinks | undefined;
  }): C;
  /** Changes those variables of an operation that are for its resolvers to refuse. */
  prepare?(operation: ResolvedOperation<C>): void;
  /** Checks the arguments of an operation and fixes its cut-offs, before anything is read. Throws what refuses it. */
  begin(operation: ResolvedOperation<C>): PromiseOrValue<void>;
  /** Has an operation answered from the catalog that it asks for. Rejects with what that catalog says. */
  openCatalog?(operation: ResolvedOperation<C>): Promise<void>;
  /** The response to a query; undefined for what is left to graphql-js. */
  execute(operation: ResolvedOperation<C>): PromiseOrValue<SingleResponse | undefined>;
  /** Adds to a response what the caller is to know about it. */
  complete(operation: AnsweredOperation<C>): void;
  /** Resolves once every process that may answer knows what a mutation changed. */
  whenKnown?(context: C): Promise<void> | undefined;
  /** Logs those errors that callers must not see. */
  reportUnexpected(errors: readonly GraphQLError[], context: C): void;
  /** The guarded fields that a mutation with these coerced arguments compares with Alma's records, found in steps. */
  readonly comparisonsOf?: (
    mutation: string,
    args: Readonly<Record<string, unknown>>,
  ) => Generator<void, readonly ArgumentScope[]>;
  /** What decides whether the answer of an ended query may be given again; undefined if it may not. */
  repeatable?(context: C): RepeatableAnswer | undefined;
  /** Whether an operation has sent anything to Alma that may have changed it. */
  hasSent?(context: C): boolean;
  formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError;
  /** Today's date, `YYYY-MM-DD`, in the portfolio's time zone. Without it there are no reports. */
  readonly today?: () => string;
  /**
   * Has records read in the background that somebody says have changed. Returns how many reads that are, besides those
   * that waited already; `full`, and nothing is read, if too many wait; `off` if nothing is read in the background.
   */
  touch?(touched: readonly Touched[]): number | "full" | "off";
  /** Where values are kept beyond this process; undefined where they are not. */
  storedValues?(): StoredValues | undefined;
  /** How far the catalog has been filled. */
  progress(): {
    readonly warm: boolean;
    /** How many records of each kind are read, of how many if that is known; `failure`: why its list cannot be read. */
    readonly kinds?: readonly {
      readonly kind: string;
      readonly read: number;
      readonly of: number | undefined;
      readonly failure?: string;
    }[];
  };
}
