import type { CallOptions, Problem, Writable } from "../../alma/index.ts";
import { type CachedRecord, type CompletedWrite, DETAIL, type Kind } from "../../catalog/index.ts";
import type { GraphContext } from "../record/context.ts";
import type { MutationResult } from "./mutation-result.ts";
import {
  type ArgumentPath,
  toUserError,
  type UserError,
  type UserErrorCode,
  userError,
} from "./user-error.ts";
import type { WriteContext, WriteServices } from "./write-context.ts";

/** Values of an input, or of a draft made from it. */
export type InputFields = Readonly<Record<string, unknown>>;

type AnyWritable = Writable<InputFields, InputFields>;

/** One write under way: what it reads with, and what has been found to keep it from being done. */
export class Write {
  /** The caller's operation. */
  readonly context: WriteContext;
  /** What it reads with beforehand: it goes on when the caller leaves, and costs nobody else's fields. */
  readonly readContext: GraphContext;
  readonly services: WriteServices;
  readonly kind: Kind;
  readonly dryRun: boolean;
  /** What it is decided on must be newer than this. */
  readonly #cutoff: number;
  readonly #errors: UserError[] = [];

  /** `since` is when it was begun to read for this write, if before now. */
  constructor(context: WriteContext, kind: Kind, dryRun: boolean, startedAt?: number) {
    this.context = context;
    this.readContext = context.detach({ endsAtDeadline: true });
    const { namedCutoff, startedAt: start } = this.readContext.operation;
    this.#cutoff = dryRun ? namedCutoff : Math.max(namedCutoff, startedAt ?? start);
    this.services = context.services;
    this.kind = kind;
    this.dryRun = dryRun;
  }

  /** The write calls of the record's kind. */
  get resource(): AnyWritable {
    // What is written was made for this kind by its own table.
    return this.services.alma[this.kind] as unknown as AnyWritable;
  }

  get callOptions(): CallOptions {
    const { requestId, operation } = this.readContext;
    return { priority: "caller", requestId, onSent: operation.onSent };
  }

  /**
   * The record that decides what is sent, or whether: read for this write, or in a dry run young enough. Undefined:
   * Alma has none. Throws AlmaError.
   */
  read(record: CachedRecord): Promise<CachedRecord | undefined> {
    return this.readContext.load({ record, level: DETAIL, cutoff: this.#cutoff });
  }

  /** The record of a Bitrix id, as Alma looks it up for this write, or in a dry run young enough. Throws AlmaError. */
  lookUp(externalId: string): Promise<CachedRecord | undefined> {
    const { catalog, operation } = this.readContext;
    return catalog.findRecord(operation, this.kind, externalId, this.#cutoff);
  }

  /** Whether a record was read for this write, or in a dry run is young enough, so that it may refuse something. */
  hasRead(record: CachedRecord): boolean {
    return record.asOf(DETAIL) > this.#cutoff;
  }

  /** A context whose reads are all made now. */
  freshContext(): GraphContext {
    return this.context.detach({ freshness: { maxAge: 0 } });
  }

  /** Notes what keeps the write from being done. */
  addUserError(code: UserErrorCode, path: ArgumentPath, message: string): void {
    this.#errors.push(userError(code, path, message));
  }

  /** Notes refusals at their places, except at fields of the input that something is wrong with already. */
  addProblems(problems: readonly Problem[], mapPath: (path: ArgumentPath) => ArgumentPath): void {
    const earlierFields = new Set(this.#errors.map(({ field }) => field?.slice(0, 2).join(".")));
    for (const problem of problems) {
      const error = toUserError(problem, mapPath);
      if (error.field === null || !earlierFields.has(error.field.slice(0, 2).join(".")))
        this.#errors.push(error);
    }
  }

  get hasUserErrors(): boolean {
    return this.#errors.length > 0;
  }

  /** The end of a write that was not done, with everything that keeps it from being done. */
  finishNotDone(id?: number): MutationResult {
    return { userErrors: [...this.#errors], isWritten: false, ...(id !== undefined && { id }) };
  }

  /** The end of a write that Alma has done. */
  finishDone(id: number | undefined, written: Omit<CompletedWrite, "kind">): MutationResult {
    this.invalidate({ ...written, ...(id !== undefined && { id }) });
    return { userErrors: [], isWritten: true, ...(id !== undefined && { id }) };
  }

  /**
   * The end of a write that was sent, and of which nobody knows whether it was done. A create, which has no id, may be
   * repeated under the same idempotency key: it looks first.
   */
  finishUnknown(
    id: number | undefined,
    written: Omit<CompletedWrite, "kind">,
    message: string,
  ): MutationResult {
    this.context.catalog.noteUnacknowledgedWrite({ ...written, kind: this.kind }, this.services.timeout);
    const userErrors = [userError("OUTCOME_UNKNOWN", [], message)];
    return { userErrors, isWritten: id !== undefined, ...(id !== undefined && { id }) };
  }

  /** Notes that Alma was changed: nothing from before is served any more. */
  invalidate(written: Omit<CompletedWrite, "kind">): void {
    this.context.catalog.noteWrite({ ...written, kind: this.kind });
  }
}
