import DataLoader from "dataloader";
import { type FieldNode, GraphQLError, type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import type {
  CachedRecord,
  Catalog,
  Explanation,
  Freshness,
  Kind,
  Operation,
  PartialDataError,
  ReadRequest,
  Standing,
} from "../../catalog/index.ts";
import type { SetAside } from "../argument/malformed.ts";
import { WHOLE } from "../argument/page.ts";
import { Meter } from "../metering/meter.ts";
import type { ConnectionName, ConnectionSpec } from "../spec/connection-spec.ts";
import { type RecordView, RecordViews } from "../view/record-view.ts";
import { AnswerLimits } from "./answer-limits.ts";
import type { Warning } from "./choices.ts";
import { abortReason, type GraphRequest, type StopSignal } from "./graph-request.ts";
import type { OtherCatalog, UsedCatalog } from "./other-catalog.ts";
import type { RowsRequest } from "./rows-request.ts";
import type { GraphSettings } from "./settings.ts";

/** Notes that the default page size has cut a connection: `extensions.alma.cutByDefault` says so. */
export function noteCut({ cutByDefault }: GraphContext, { path }: GraphQLResolveInfo): void {
  const names = responsePathAsArray(path).filter((key) => typeof key === "string");
  cutByDefault.add(names.join("."));
}

/** How an operation differs from others of the same settings. */
interface OperationOptions {
  readonly freshness?: Freshness;
  /** Replaces the call budget. */
  readonly maxCalls?: number;
  /** What the caller asks about its cost. */
  readonly explanation?: Explanation;
}

/** How the operation of a write goes on: past the deadline, unless `endsAtDeadline`. */
interface DetachedOptions extends Omit<OperationOptions, "explanation"> {
  readonly endsAtDeadline?: boolean;
}

/** What decides whether an answer may be given again. */
interface RepeatableAnswer {
  /** How many records it shows. */
  readonly reused: number;
  standing(): Standing;
}

/** The same for requests that the same reading meets. */
const keyOf = ({ record, level, cutoff }: ReadRequest) =>
  `${"rentalObject" in record ? record.rentalObject : record.key} ${level} ${cutoff}`;

/** What the resolvers of one operation share. */
export class GraphContext {
  catalog: Catalog;
  readonly settings: GraphSettings;
  /** The day on which the operation began, or that it asks about: the default of `state` and `current…Contract`. */
  today: string;
  /** What it is answered from in place of the present catalog; undefined if there is nothing. */
  otherCatalog: OtherCatalog | undefined;
  readonly request: GraphRequest;
  readonly requestId: string;
  /**
   * The caller's scopes. Selected fields are checked before the execution; these scopes are for values that are shown
   * without being selected.
   */
  readonly scopes: ReadonlySet<string>;
  /** Results that are the same for all parents of a field, such as its compiled arguments, by the field's nodes. */
  readonly memo = new Map<unknown, unknown>();
  readonly meter: Meter;
  /** Set before the operation begins, if its answer is to be a table. */
  rows: RowsRequest | undefined;
  /** The fields whose connections are given whole, whatever the sizes of pages are. */
  wholeFields: ReadonlySet<FieldNode> = new Set();
  /** What lists behind reverse edges have reported of records that may belong to any such list, by what it is about. */
  readonly reportedOnce = new Map<string, PartialDataError>();
  /** The paths, without list positions, of the connections that the default page size has cut. */
  readonly cutByDefault = new Set<string>();
  /** The response keys of the mutations that Alma has done. */
  readonly doneMutations = new Set<string>();
  /** The settings without which a field of the answer is null. */
  readonly missingSettings = new Set<string>();
  /** Whether its answer is sent again whenever it has changed. */
  isFollowed = false;
  /** What is malformed in the inputs of writes and stands in no variable. */
  setAside: SetAside = {};
  /** What may be wrong with arguments. */
  readonly warnings: Warning[] = [];
  readonly #signal: StopSignal;
  readonly views: RecordViews;
  readonly #loader: DataLoader<ReadRequest, CachedRecord | undefined, string>;
  /** Detached contexts, whose calls count as this operation's in `extensions.alma`. */
  readonly #detached: GraphContext[] = [];
  /** The detached contexts that end at this operation's deadline. */
  readonly #endingAtDeadline: GraphContext[] = [];
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
    // A batch has all requests of one step of the execution, equal ones once. Between batches, the views cache.
    this.#loader = new DataLoader<ReadRequest, CachedRecord | undefined, string>(
      (requests) => {
        this.#loader.clearAll();
        return this.catalog.load(this.operation, requests);
      },
      { cacheKeyFn: keyOf, batchScheduleFn: (dispatch) => this.#dispatchAfterTurns(dispatch) },
    );
  }

  /** The operation as the catalog knows it: its cut-offs and its call budget. Begins it if it has not begun. */
  get operation(): Operation {
    return this.#operation ?? this.begin();
  }

  /** The limits of the operation's answer and work. */
  get limits(): AnswerLimits {
    this.#limits ??= new AnswerLimits(this.operation, this.meter, this.settings.maxResponse);
    return this.#limits;
  }

  /** Begins the operation: its cut-offs are fixed now. */
  begin({ freshness, maxCalls, explanation }: OperationOptions = {}): Operation {
    const operation = this.catalog.beginOperation(this.requestId, freshness, maxCalls, explanation);
    if (this.request.isBulk) operation.priority = "background";
    // One listener for all detached contexts: a request may have many writes.
    const stop = () => {
      const reason = abortReason(this.#signal);
      operation.stop(reason);
      if (this.#isOverdue()) for (const detached of this.#endingAtDeadline) detached.operation.stop(reason);
    };
    this.end();
    if (this.#signal.aborted) stop();
    else this.#signal.addEventListener("abort", stop);
    this.#stop = stop;
    this.#operation = operation;
    this.#limits = undefined;
    return operation;
  }

  /** Ends the operation: nothing stops it any more, and its signal, which lives longer, does not keep the views. */
  end(): void {
    if (this.#stop) this.#signal.removeEventListener("abort", this.#stop);
    this.#used?.release();
    this.#used = undefined;
  }

  /** Begins again, on another catalog, of that day, until it ends. */
  answerFrom(used: UsedCatalog, day: string): void {
    this.catalog = used.catalog;
    this.warnings.push(...used.warnings);
    this.today = day;
    // Filters were compiled for now.
    this.memo.clear();
    this.begin();
    this.#used = used;
  }

  /** The filters and orders of a connection. */
  connectionSpec(name: ConnectionName): ConnectionSpec {
    return this.settings.connectionSpecs[name];
  }

  /** The largest page of the connection at a field. */
  maxPageOf(node: FieldNode | undefined): number {
    return node && this.wholeFields.has(node) ? WHOLE : this.settings.maxPage;
  }

  /** The view of a record in this answer. Its data is read after `maintainedCutoff`, or what its kind asks instead. */
  viewOf<K extends Kind>(cached: CachedRecord, maintainedCutoff: number): RecordView<K> {
    return this.views.of(cached, maintainedCutoff);
  }

  /**
   * Creates a detached context, for a write. Its reads continue when the caller disconnects, and past the deadline
   * unless `endsAtDeadline`. Its failure does not end this operation. `maxCalls` replaces the call budget.
   */
  detach({ freshness, endsAtDeadline = false, maxCalls }: DetachedOptions): GraphContext {
    const never = new AbortController().signal;
    const request = { ...this.request, signal: never, meter: this.meter };
    const detached = new GraphContext(this.catalog, this.settings, request);
    detached.begin({ freshness, maxCalls });
    this.#detached.push(detached);
    if (endsAtDeadline) this.#endingAtDeadline.push(detached);
    if (endsAtDeadline && this.#isOverdue()) detached.operation.stop(abortReason(this.#signal));
    return detached;
  }

  /** The operations of this answer: its own, and the detached ones. */
  get operations(): readonly Operation[] {
    return [this.operation, ...this.#detached.map(({ operation }) => operation)];
  }

  /**
   * Throws DEADLINE_EXCEEDED if the operation is past its deadline, and LIMIT_EXCEEDED if its CPU budget is used up.
   * Called before each write.
   */
  checkDeadline(): void {
    if (this.#isOverdue()) throw abortReason(this.#signal);
    this.meter.throwIfOverBudget();
  }

  /** The deadline aborts with a GraphQLError. A caller that disconnects aborts otherwise, which stops no write. */
  #isOverdue() {
    return this.#signal.aborted && this.#signal.reason instanceof GraphQLError;
  }

  /** A time of the monotonic clock as a date; null if nothing was read. */
  toDate(at: number): Date | null {
    return Number.isFinite(at) ? this.catalog.dates.of(at) : null;
  }

  /** What decides whether the answer of this query may be given again; undefined if it may not. */
  repeatable(): RepeatableAnswer | undefined {
    const { basis, connectionCutoff, startedAt, partialDataErrors } = this.operation;
    const readsNow = connectionCutoff === startedAt;
    const lacksParts = this.#detached.length + partialDataErrors.length > 0;
    if (readsNow || this.otherCatalog || basis.isRefused || lacksParts) return undefined;
    const { catalog, settings, today } = this;
    return {
      reused: this.views.countReadBefore(Number.POSITIVE_INFINITY),
      standing: () => (settings.today() === today ? catalog.standingOf(basis) : "outdated"),
    };
  }

  /** The unit or room of an id; undefined if the kind of the id is unknown. */
  findRentalObject(id: number): CachedRecord | undefined {
    const found = this.catalog.store.findRentalObject(id);
    this.operation.noteRentalObject(found);
    return found;
  }

  /** Drops all views and memoized results, so that fields resolved after a write see the new versions. */
  forget(): void {
    this.views.forget();
    this.memo.clear();
  }

  /**
   * Dispatches a batch when this step of the execution is over, as DataLoader does by default. A step goes on after the
   * turns that others have in its middle: a batch that was sent in between would not have all of its requests.
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

  /** Reads a record, in a batch with all requests of this step. Undefined if Alma has none. Rejects with AlmaError. */
  load(request: ReadRequest): Promise<CachedRecord | undefined> {
    return this.#loader.load(request);
  }
}
