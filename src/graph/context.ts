import DataLoader from "dataloader";
import { GraphQLError } from "graphql";
import { AlmaError } from "../alma/index.ts";
import type { Catalog, Entry, Freshness, Kind, Operation, Want } from "../catalog/index.ts";
import type { Listable } from "./entity.ts";
import { Handle } from "./handle.ts";
import type { GraphSettings } from "./settings.ts";

/** The request that an operation came with. */
export interface GraphRequest {
  readonly requestId: string;
  /** Aborts when the caller leaves, and with a GraphQLError when the operation's time is over. */
  readonly signal: AbortSignal;
  /** Who asks; idempotency keys are each caller's own. */
  readonly caller?: { readonly id: string; readonly scopes?: ReadonlySet<string> };
}

interface Aside {
  readonly freshness?: Freshness;
  readonly endsInTime?: boolean;
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
  readonly once = new Map<unknown, unknown>();
  readonly #signal: AbortSignal;
  readonly #handles = new Map<Entry, Handle>();
  readonly #loader: DataLoader<Want, Entry | undefined>;
  /** Contexts of writes, whose calls are on this one's bill. */
  readonly #asides: GraphContext[] = [];
  /** Those of them that end when this one's time is over. */
  readonly #ending: GraphContext[] = [];
  #work: Operation | undefined;

  constructor(catalog: Catalog, settings: GraphSettings, request: GraphRequest) {
    this.catalog = catalog;
    this.settings = settings;
    this.today = settings.today();
    this.requestId = request.requestId;
    this.caller = request.caller?.id ?? "";
    this.scopes = request.caller?.scopes ?? new Set();
    this.#signal = request.signal;
    // Handles are the cache; a batch is everything that one step of the execution wants.
    this.#loader = new DataLoader<Want, Entry | undefined>((wants) => catalog.load(this.work, wants), {
      cache: false,
    });
  }

  /** The operation as the catalog sees it: its age, its budget. */
  get work(): Operation {
    return this.#work ?? this.begin();
  }

  /** Begins the operation: its cut-offs are fixed now. */
  begin(freshness?: Freshness, maxCalls?: number): Operation {
    const work = this.catalog.operation(this.requestId, freshness, maxCalls);
    // One listener for all: a request with many writes would be a long row of them.
    const stop = () => {
      const reason = reasonOf(this.#signal);
      work.stop(reason);
      if (this.#overdue()) for (const aside of this.#ending) aside.work.stop(reason);
    };
    if (this.#signal.aborted) stop();
    else this.#signal.addEventListener("abort", stop, { once: true });
    this.#work = work;
    return work;
  }

  /** What can be asked of a kind's connections. */
  listable(kind: Kind): Listable {
    return this.settings.listables[kind];
  }

  /** The handle of a record, promised to be younger than `cutoff`. */
  handle<K extends Kind>(entry: Entry, cutoff: number): Handle<K> {
    const known = this.#handles.get(entry);
    if (known) {
      known.tighten(cutoff);
      return known as Handle<K>;
    }
    const handle = new Handle<K>(this, entry, cutoff);
    this.#handles.set(entry, handle as Handle);
    return handle;
  }

  /**
   * A context beside this one, for a write: it goes on when the caller leaves, and without `endsInTime` also when the
   * operation's time is over; what goes wrong in it costs only who asked for it; its calls are on this one's bill.
   * `maxCalls` is for what is bounded otherwise.
   */
  aside({ freshness, endsInTime = false, maxCalls }: Aside): GraphContext {
    const never = new AbortController().signal;
    const { requestId, scopes } = this;
    const request = { requestId, signal: never, caller: { id: this.caller, scopes } };
    const aside = new GraphContext(this.catalog, this.settings, request);
    aside.begin(freshness, maxCalls);
    this.#asides.push(aside);
    if (endsInTime) this.#ending.push(aside);
    if (endsInTime && this.#overdue()) aside.work.stop(reasonOf(this.#signal));
    return aside;
  }

  /** The operations of this answer: its own, and those of its writes. */
  get operations(): readonly Operation[] {
    return [this.work, ...this.#asides.map(({ work }) => work)];
  }

  /** Throws DEADLINE_EXCEEDED if the operation's time is over, so that nothing new is begun. */
  checkTime(): void {
    if (this.#overdue()) throw reasonOf(this.#signal);
  }

  /** That the caller has left is no reason to stop a write. */
  #overdue(): boolean {
    return this.#signal.aborted && this.#signal.reason instanceof GraphQLError;
  }

  /** A time of the clock as a moment of the calendar; null if nothing was read. */
  moment(at: number): Date | null {
    return Number.isFinite(at) ? this.catalog.moment(at) : null;
  }

  /** How many records of the answer come from what was known before it began. */
  reused(): number {
    let count = 0;
    for (const handle of this.#handles.values()) if (handle.readBefore(this.work.start)) count++;
    return count;
  }

  /** Whether a write has ended that touches what the answer shows, since that was read. */
  overtaken(): boolean {
    if (this.work.stopped) return false;
    if (this.catalog.overtaken(this.work)) return true;
    for (const handle of this.#handles.values()) if (handle.overtaken) return true;
    return false;
  }

  /** Begins the answer anew, at the same age. */
  restart(): void {
    this.forget();
    this.work.restart();
  }

  /** Forgets the versions seen so far: a write has come between. */
  forget(): void {
    this.#handles.clear();
    this.once.clear();
  }

  /** Reads a wanted record together with all others wanted at this step. Undefined: Alma has none. */
  load(want: Want): Promise<Entry | undefined> {
    return this.#loader.load(want);
  }
}

function reasonOf(signal: AbortSignal): AlmaError {
  const { reason } = signal;
  if (reason instanceof AlmaError) return reason;
  const message = reason instanceof Error ? reason.message : "The operation was given up.";
  return new AlmaError("DEADLINE_EXCEEDED", message);
}
