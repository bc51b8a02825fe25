import type { Alma, CallOptions, Problem, Rentable, Writable } from "../alma/index.ts";
import { DETAIL, type Entry, type Kind, type Written } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import type { IdempotencyKeys } from "./idempotency.ts";
import type { Impact } from "./impact.ts";
import type { Locks } from "./lock.ts";
import { type ArgumentPath, refusalOf, type UserError, type UserErrorCode, userError } from "./user-error.ts";

/** Values of an input, or of a draft made from it. */
export type Values = Readonly<Record<string, unknown>>;

/** What all writes of this process share. */
export interface Writing {
  readonly alma: Alma;
  /** The project of a building that names none. */
  readonly projectId: number;
  /** Milliseconds for which a write without an answer may still be under way: ALMA_TIMEOUT. */
  readonly patience: number;
  readonly locks: Locks;
  readonly keys: IdempotencyKeys<Result>;
}

/** What became of a write. */
export interface Result {
  /** The record that it was about, if it is known to be there. */
  readonly id?: number;
  readonly userErrors: readonly UserError[];
  /**
   * Whether doing it again would be another write: Alma was changed, or may have been, and the repetition would not
   * find that out by itself.
   */
  readonly sent: boolean;
  readonly impact?: Promise<Impact>;
  readonly note?: string;
}

type AnyWritable = Writable<Values, Values> & Partial<Rentable>;

/** One write under way: what it reads with, and what has been found to keep it from being done. */
export class Write {
  /** The caller's operation. */
  readonly context: GraphContext;
  /** What it reads with beforehand: it goes on when the caller leaves, and costs nobody else's fields. */
  readonly reading: GraphContext;
  readonly writing: Writing;
  readonly kind: Kind;
  readonly dryRun: boolean;
  /** What it is decided on must be newer than this. */
  readonly #cutoff: number;
  readonly #errors: UserError[] = [];

  /** `since` is when it was begun to read for this write, if before now. */
  constructor(context: GraphContext, kind: Kind, dryRun: boolean, since?: number) {
    this.context = context;
    this.reading = context.aside({ endsInTime: true });
    const { named, start } = this.reading.work;
    this.#cutoff = dryRun ? named : Math.max(named, since ?? start);
    this.writing = context.settings.writing;
    this.kind = kind;
    this.dryRun = dryRun;
  }

  /** The write calls of the record's kind. */
  get resource(): AnyWritable {
    // What is written was made for this kind by its own table.
    return this.writing.alma[this.kind] as unknown as AnyWritable;
  }

  get options(): CallOptions {
    const { requestId, work } = this.reading;
    return { priority: "caller", requestId, sent: work.sent };
  }

  /**
   * The record that decides what is sent, or whether: read for this write, or in a dry run young enough. Undefined:
   * Alma has none. Throws AlmaError.
   */
  read(record: Entry): Promise<Entry | undefined> {
    return this.reading.load({ record, level: DETAIL, cutoff: this.#cutoff });
  }

  /** The record of a Bitrix id, as Alma looks it up for this write, or in a dry run young enough. Throws AlmaError. */
  lookUp(externalId: string): Promise<Entry | undefined> {
    const { catalog, work } = this.reading;
    return catalog.lookup(work, this.kind, externalId, this.#cutoff);
  }

  /** Whether a record was read for this write, or in a dry run is young enough, so that it may refuse something. */
  hasRead(record: Entry): boolean {
    return record.at(DETAIL) > this.#cutoff;
  }

  /** A context whose reads are all made now. */
  fresh(): GraphContext {
    return this.context.aside({ freshness: { maxAge: 0 } });
  }

  /** Notes what keeps the write from being done. */
  refuse(code: UserErrorCode, path: ArgumentPath, message: string): void {
    this.#errors.push(userError(code, path, message));
  }

  /** Notes refusals at their places, except at fields of the input that something is wrong with already. */
  refuseAll(problems: readonly Problem[], place: (path: ArgumentPath) => ArgumentPath): void {
    const before = new Set(this.#errors.map(({ field }) => field?.slice(0, 2).join(".")));
    for (const problem of problems) {
      const error = refusalOf(problem, place);
      if (error.field === null || !before.has(error.field.slice(0, 2).join("."))) this.#errors.push(error);
    }
  }

  get refused(): boolean {
    return this.#errors.length > 0;
  }

  /** The end of a write that was not done, with everything that keeps it from being done. */
  notDone(id?: number): Result {
    return { userErrors: [...this.#errors], sent: false, ...(id !== undefined && { id }) };
  }

  /** The end of a write that Alma has done. */
  done(id: number | undefined, written: Omit<Written, "kind">): Result {
    this.wrote({ ...written, ...(id !== undefined && { id }) });
    return { userErrors: [], sent: true, ...(id !== undefined && { id }) };
  }

  /**
   * The end of a write that was sent, and of which nobody knows whether it was done. A create, which has no id, may be
   * repeated under the same idempotency key: it looks first.
   */
  unknown(id: number | undefined, written: Omit<Written, "kind">, message: string): Result {
    this.context.catalog.undecided({ ...written, kind: this.kind }, this.writing.patience);
    const userErrors = [userError("OUTCOME_UNKNOWN", [], message)];
    return { userErrors, sent: id !== undefined, ...(id !== undefined && { id }) };
  }

  /** Notes that Alma was changed: nothing from before is served any more. */
  wrote(written: Omit<Written, "kind">): void {
    this.context.catalog.wrote({ ...written, kind: this.kind });
  }
}
