import DataLoader from "dataloader";
import { GraphQLError } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import type { CachedRecord, Catalog, Freshness, Kind, Operation, ReadRequest } from "../../catalog/index.ts";
import type { ConnectionSpec } from "./connection-spec.ts";
import { RecordView } from "./record-view.ts";
import type { GraphSettings } from "./settings.ts";

/** The request that an operation came with. */
export interface GraphRequest {
  readonly requestId: string;
  /** Aborts when the caller leaves, and with a GraphQLError when the operation's time is over. */
  readonly signal: AbortSignal;
  /** Who asks; idempotency keys are each caller's own. */
  readonly caller?: { readonly id: string; readonly scopes?: ReadonlySet<string> };
}

interface DetachedOptions {
  readonly freshness?: Freshness;
  readonly endsAtDeadline?: boolean;
  readonly maxCalls?: number;
}

/** What the resolvers of one operation share. */
export class GraphContext {
  readonly catalog: Catalog;
  readonly settings: GraphSettings;
  /** The day on which the operation began: `state` and `current…` mean this day throughout. */
  readonly today: string;
  readonly requestId: string;
  readonly caller: string;
  /** What the caller may see; fields are checked before: this is for values that are not asked for by their field. */
  readonly scopes: ReadonlySet<string>;
  /** Results of work that is the same for every parent, such as compiling a filter, by the place in the query. */
  readonly memo = new Map<unknown, unknown>();
  readonly #signal: AbortSignal;
  readonly #views = new Map<CachedRecord, RecordView>();
  readonly #loader: DataLoader<ReadRequest, CachedRecord | undefined>;
  /** Contexts of writes, whose calls are on this one's bill. */
  readonly #detached: GraphContext[] = [];
  /** Those of them that end when this one's time is over. */
  readonly #endingAtDeadline: GraphContext[] = [];
  #operation: Operation | undefined;

  constructor(catalog: Catalog, settings: GraphSettings, request: GraphRequest) {
    this.catalog = catalog;
    this.settings = settings;
    this.today = settings.today();
    this.requestId = request.requestId;
    this.caller = request.caller?.id ?? "";
    this.scopes = request.caller?.scopes ?? new Set();
    this.#signal = request.signal;
    // Handles are the cache; a batch is everything that one step of the execution wants.
    this.#loader = new DataLoader<ReadRequest, CachedRecord | undefined>(
      (requests) => catalog.load(this.operation, requests),
      {
        cache: false,
      },
    );
  }

  /** The operation as the catalog sees it: its age, its budget. */
  get operation(): Operation {
    return this.#operation ?? this.begin();
  }

  /** Begins the operation: its cut-offs are fixed now. */
  begin(freshness?: Freshness, maxCalls?: number): Operation {
    const operation = this.catalog.beginOperation(this.requestId, freshness, maxCalls);
    // One listener for all: a request with many writes would be a long row of them.
    const stop = () => {
      const reason = abortReason(this.#signal);
      operation.stop(reason);
      if (this.#isOverdue()) for (const detached of this.#endingAtDeadline) detached.operation.stop(reason);
    };
    if (this.#signal.aborted) stop();
    else this.#signal.addEventListener("abort", stop, { once: true });
    this.#operation = operation;
    return operation;
  }

  /** What can be asked of a kind's connections. */
  connectionSpec(kind: Kind): ConnectionSpec {
    return this.settings.connectionSpecs[kind];
  }

  /** The handle of a record, promised to be younger than `cutoff`. */
  viewOf<K extends Kind>(cached: CachedRecord, cutoff: number): RecordView<K> {
    const existing = this.#views.get(cached);
    if (existing) {
      existing.tightenCutoff(cutoff);
      return existing as RecordView<K>;
    }
    const view = new RecordView<K>(this, cached, cutoff);
    this.#views.set(cached, view as RecordView);
    return view;
  }

  /**
   * A context beside this one, for a write: it goes on when the caller leaves, and without `endsInTime` also when the
   * operation's time is over; what goes wrong in it costs only who asked for it; its calls are on this one's bill.
   * `maxCalls` is for what is bounded otherwise.
   */
  detach({ freshness, endsAtDeadline = false, maxCalls }: DetachedOptions): GraphContext {
    const never = new AbortController().signal;
    const { requestId, scopes } = this;
    const request = { requestId, signal: never, caller: { id: this.caller, scopes } };
    const detached = new GraphContext(this.catalog, this.settings, request);
    detached.begin(freshness, maxCalls);
    this.#detached.push(detached);
    if (endsAtDeadline) this.#endingAtDeadline.push(detached);
    if (endsAtDeadline && this.#isOverdue()) detached.operation.stop(abortReason(this.#signal));
    return detached;
  }

  /** The operations of this answer: its own, and those of its writes. */
  get operations(): readonly Operation[] {
    return [this.operation, ...this.#detached.map(({ operation }) => operation)];
  }

  /** Throws DEADLINE_EXCEEDED if the operation's time is over, so that nothing new is begun. */
  checkDeadline(): void {
    if (this.#isOverdue()) throw abortReason(this.#signal);
  }

  /** That the caller has left is no reason to stop a write. */
  #isOverdue(): boolean {
    return this.#signal.aborted && this.#signal.reason instanceof GraphQLError;
  }

  /** A time of the clock as a moment of the calendar; null if nothing was read. */
  toDate(at: number): Date | null {
    return Number.isFinite(at) ? this.catalog.toDate(at) : null;
  }

  /** How many records of the answer come from what was known before it began. */
  countReused(): number {
    let count = 0;
    for (const view of this.#views.values()) if (view.wasReadBefore(this.operation.startedAt)) count++;
    return count;
  }

  /** Forgets the versions seen so far: a write has come between. */
  forget(): void {
    this.#views.clear();
    this.memo.clear();
  }

  /** Reads a wanted record together with all others wanted at this step. Undefined: Alma has none. */
  load(request: ReadRequest): Promise<CachedRecord | undefined> {
    return this.#loader.load(request);
  }
}

function abortReason(signal: AbortSignal): AlmaError {
  const { reason } = signal;
  if (reason instanceof AlmaError) return reason;
  const message = reason instanceof Error ? reason.message : "The operation was given up.";
  return new AlmaError("DEADLINE_EXCEEDED", message);
}
