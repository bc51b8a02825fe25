import DataLoader from "dataloader";
import { type FieldNode, GraphQLError, type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import {
  type CachedRecord,
  type Catalog,
  DETAIL,
  type Explanation,
  type Freshness,
  type Kind,
  type Operation,
  type PartialDataError,
  type ReadRequest,
  type Validity,
} from "../../catalog/index.ts";
import { UNLIMITED_PAGE } from "../argument/page.ts";
import { Meter } from "../metering/meter.ts";
import { AnswerLimits } from "./answer-limits.ts";
import type { Warning } from "./choices.ts";
import type { ConnectionName, ConnectionSpec } from "./connection-spec.ts";
import { abortReason, type GraphRequest, neverAborted, type StopSignal } from "./graph-request.ts";
import type { GraphSettings } from "./graph-settings.ts";
import type { OtherCatalog, UsedCatalog } from "./other-catalog.ts";
import { type RecordView, RecordViews } from "./record-view.ts";
import type { RowsRequest } from "./rows-request.ts";

/** Records that the default page size truncated a connection, for `extensions.alma.cutByDefault`. */
export function recordTruncation({ cutByDefault }: GraphContext, { path }: GraphQLResolveInfo): void {
  const names = responsePathAsArray(path).filter((key) => typeof key === "string");
  cutByDefault.add(names.join("."));
}

/** Options of one operation. */
interface OperationOptions {
  readonly freshness?: Freshness | undefined;
  /** Replaces the call budget. */
  readonly maxCalls?: number;
  /** Set for `@explain`. */
  readonly explanation?: Explanation | undefined;
  /** Set if its answer is a table. */
  readonly rows?: RowsRequest | undefined;
  /** The fields whose connections are returned whole. */
  readonly wholeFields?: ReadonlySet<FieldNode> | undefined;
  /** Replaces the current catalog, if set. */
  readonly otherCatalog?: OtherCatalog | undefined;
  /** Whether its answer is sent again whenever it changes. */
  readonly isFollowed?: boolean;
  /** For a detached context: whether it stops at the deadline. */
  readonly endsAtDeadline?: boolean;
}

/** What a reused answer of a query depends on. */
export interface CacheInfo {
  /** The number of records it shows. */
  readonly reused: number;
  /** Returns whether the answer may be reused. */
  validity(): Validity;
}

/** Equal for requests served by the same reading. */
const keyOf = ({ record, level, cutoff }: ReadRequest) =>
  `${"rentalObject" in record ? record.rentalObject : record.key} ${level} ${cutoff}`;

/** State shared by the resolvers of one operation. */
export class GraphContext {
  catalog: Catalog;
  readonly settings: GraphSettings;
  /** The day that the operation began or asks about: the default of `state` and `current…Contract`. */
  today: string;
  /** Set by `begin` only. */
  options: OperationOptions = {};
  readonly request: GraphRequest;
  readonly requestId: string;
  /**
   * The caller's scopes. Scopes of selected fields are checked before execution; this is for values shown without being
   * selected.
   */
  readonly scopes: ReadonlySet<string>;
  /** Results that are the same for all parents of a field, such as compiled arguments, by the field's nodes. */
  readonly memo = new Map<unknown, unknown>();
  readonly meter: Meter;
  /** Reported records that may belong to any list of their kind. */
  readonly reportedOnce = new Map<string, PartialDataError>();
  /** The paths, without list indexes, of the connections truncated by the default page size. */
  readonly cutByDefault = new Set<string>();
  /** The response keys of mutations that Alma has performed. */
  readonly doneMutations = new Set<string>();
  /** The settings whose absence makes a field null. */
  readonly missingSettings = new Set<string>();
  readonly warnings: Warning[] = [];
  readonly #signal: StopSignal;
  readonly views: RecordViews;
  /** Created on the first read. */
  #loader: DataLoader<ReadRequest, CachedRecord | undefined, string> | undefined;
  /** Detached contexts, whose calls are included in `extensions.alma`. */
  readonly #detached: GraphContext[] = [];
  #operation: Operation | undefined;
  #limits: AnswerLimits | undefined;
  #stop: (() => void) | undefined;
  #used: UsedCatalog | undefined;

  constructor(catalog: Catalog, settings: GraphSettings, request: GraphRequest) {
    this.catalog = catalog;
    this.settings = settings;
    this.today = settings.today();
    this.request = request;
    this.requestId = request.requestId;
    this.scopes = request.scopes ?? new Set();
    this.meter = request.meter ?? new Meter();
    this.#signal = request.signal;
    this.views = new RecordViews(this);
  }

  /** The catalog's operation, with its cut-offs and call budget. Begins it on first use. */
  get operation(): Operation {
    return this.#operation ?? this.begin();
  }

  /** The limits of the operation's answer and work. */
  get limits(): AnswerLimits {
    this.#limits ??= new AnswerLimits(this.operation, this.meter, this.settings.maxResponse);
    return this.#limits;
  }

  /** Starts the operation and sets its cut-offs. */
  begin(options: OperationOptions = {}): Operation {
    const { freshness, maxCalls, explanation } = options;
    this.options = options;
    const operation = this.catalog.beginOperation(this.requestId, freshness, maxCalls, explanation);
    if (this.request.isBulk) operation.priority = "background";
    // One listener for all detached contexts, because a request may have many writes.
    const stop = () => {
      const reason = abortReason(this.#signal);
      operation.stop(reason);
      if (!this.#isOverdue()) return;
      for (const { options, operation } of this.#detached) if (options.endsAtDeadline) operation.stop(reason);
    };
    this.end();
    if (this.#signal.aborted) stop();
    else this.#signal.addEventListener("abort", stop);
    this.#stop = stop;
    this.#operation = operation;
    this.#limits = undefined;
    return operation;
  }

  /** Ends the operation: the signal, which may live longer, no longer stops it, and the views are released. */
  end(): void {
    if (this.#stop) this.#signal.removeEventListener("abort", this.#stop);
    this.#used?.release();
    this.#used = undefined;
  }

  /** Restarts the operation on another catalog, as of that day, until it ends. */
  answerFrom(used: UsedCatalog, day: string): void {
    this.catalog = used.catalog;
    this.warnings.push(...used.warnings);
    this.today = day;
    // Filters were compiled for the current catalog.
    this.memo.clear();
    this.begin({ ...this.options, freshness: undefined, explanation: undefined });
    this.#used = used;
  }

  /** The filters and orders of a connection. */
  connectionSpec(name: ConnectionName): ConnectionSpec {
    return this.settings.connectionSpecs[name];
  }

  /** The largest page of the connection at a field. */
  maxPageOf(node: FieldNode | undefined): number {
    return node && this.options.wholeFields?.has(node) ? UNLIMITED_PAGE : this.settings.maxPage;
  }

  /**
   * Returns the view of a record in this answer. Its data must be read after `maintainedCutoff`, or after its kind's
   * own cut-off.
   */
  viewOf<K extends Kind>(cached: CachedRecord, maintainedCutoff: number): RecordView<K> {
    return this.views.of(cached, maintainedCutoff);
  }

  /**
   * Creates a detached context for a write. Its reads continue when the caller disconnects, and past the deadline
   * unless `endsAtDeadline` is set. Its failure does not end this operation. `maxCalls` replaces the call budget.
   */
  detach(options: Pick<OperationOptions, "freshness" | "maxCalls" | "endsAtDeadline">): GraphContext {
    const request = { ...this.request, signal: neverAborted, meter: this.meter };
    const detached = new GraphContext(this.catalog, this.settings, request);
    detached.begin(options);
    this.#detached.push(detached);
    if (options.endsAtDeadline && this.#isOverdue()) detached.operation.stop(abortReason(this.#signal));
    return detached;
  }

  /** The operations of this answer, including detached ones. */
  get operations(): readonly Operation[] {
    return [this.operation, ...this.#detached.map(({ operation }) => operation)];
  }

  /**
   * Throws DEADLINE_EXCEEDED past the deadline, LIMIT_EXCEEDED over the CPU budget. Called before each write.
   */
  checkDeadline(): void {
    if (this.#isOverdue()) throw abortReason(this.#signal);
    this.meter.throwIfOverBudget();
  }

  /**
   * Returns whether the deadline has passed: it aborts with a GraphQLError. A disconnect aborts with another reason,
   * which stops no write.
   */
  #isOverdue() {
    return this.#signal.aborted && this.#signal.reason instanceof GraphQLError;
  }

  /** Converts a time of the monotonic clock to a date; null if nothing was read. */
  toDate(at: number): Date | null {
    return Number.isFinite(at) ? this.catalog.dates.of(at) : null;
  }

  /** Returns what a reused answer depends on, or undefined if the answer must not be reused. */
  cacheInfo(): CacheInfo | undefined {
    const { basis, connectionCutoff, startedAt, partialDataErrors } = this.operation;
    const readsNow = connectionCutoff === startedAt;
    const lacksParts = this.#detached.length + partialDataErrors.length > 0;
    if (readsNow || this.options.otherCatalog || basis.isRefused || lacksParts) return undefined;
    const { catalog, settings, today } = this;
    return {
      reused: this.views.countReadBefore(Infinity),
      validity: () => (settings.today() === today ? catalog.validityOf(basis) : "outdated"),
    };
  }

  /** Returns the unit or room with an id, or undefined if its kind is unknown. */
  findRentalObject(id: number): CachedRecord | undefined {
    const found = this.catalog.store.findRentalObject(id);
    this.operation.noteRentalObject(found);
    return found;
  }

  /** Discards all views and memoized results, so that fields resolved after a write see the new versions. */
  forget(): void {
    this.views.forget();
    this.memo.clear();
  }

  /**
   * Dispatches a batch at the end of this execution step, like DataLoader's default. A step continues after yields, so
   * a batch sent in between would be incomplete.
   */
  #dispatchAfterTurns(dispatch: () => void) {
    void Promise.resolve().then(() =>
      process.nextTick(() => {
        const { turn } = this.meter;
        const goOn = () => this.#dispatchAfterTurns(dispatch);
        if (turn) void turn.then(goOn, goOn);
        else dispatch();
      }),
    );
  }

  /**
   * Reads a record, batched with all requests of this step. Undefined if Alma has none. Rejects with
   * AlmaError.
   */
  load(request: ReadRequest): Promise<CachedRecord | undefined> {
    this.#loader ??= this.#createLoader();
    return this.#loader.load(request);
  }

  /** Reads a record's detail like `load`. */
  loadDetail(record: ReadRequest["record"], cutoff: number): Promise<CachedRecord | undefined> {
    return this.load({ record, level: DETAIL, cutoff });
  }

  /** Batches the distinct requests of one execution step. Between batches, the views are the cache. */
  #createLoader() {
    const loader = new DataLoader<ReadRequest, CachedRecord | undefined, string>(
      (requests) => {
        loader.clearAll();
        return this.catalog.load(this.operation, requests);
      },
      { cacheKeyFn: keyOf, batchScheduleFn: (dispatch) => this.#dispatchAfterTurns(dispatch) },
    );
    return loader;
  }
}
