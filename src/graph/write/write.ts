import { randomUUID } from "node:crypto";
import type { CallOptions, Outcome, Problem, Writable } from "../../alma/index.ts";
import {
  type CachedRecord,
  type CompletedWrite,
  DETAIL,
  type Kind,
  kindDefinitions,
  NEVER,
  type WriteCause,
} from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { PathMapper } from "./error-path.ts";
import type { MutationResult } from "./mutation-result.ts";
import type { UnsettledWrite } from "./unsettled-writes.ts";
import { toUserError, type UserError, userError } from "./user-error.ts";
import { SentBefore, type WriteContext, type WriteServices } from "./write-context.ts";

/** The fields of an input, or of a draft or changes made from it, by name. */
export type InputFields = Readonly<Record<string, unknown>>;

type AnyWritable = Writable<InputFields, InputFields>;

/** What a write does, of the kind that is written. */
export type Written = Omit<CompletedWrite, "kind">;

/** One write in progress: the contexts that it reads with, and the user errors found so far. */
export class Write {
  /** The caller's operation. */
  readonly context: WriteContext;
  /**
   * The detached context of the reads before the write. They continue when the caller disconnects, and a failed read
   * fails no other field.
   */
  readonly readContext: GraphContext;
  readonly services: WriteServices;
  readonly kind: Kind;
  readonly dryRun: boolean;
  /** A read that decides about the write must have started after this time. */
  readonly cutoff: number;
  readonly #errors: UserError[] = [];
  /** What was sent, while its outcome is not known. */
  #unsettled: UnsettledWrite | undefined;
  /** What was sent, as what changes come from. */
  #cause: WriteCause | undefined;

  /** `startedAt`: when the reads for this write began, if earlier than this call. */
  constructor(context: WriteContext, kind: Kind, dryRun: boolean, startedAt?: number) {
    this.context = context;
    this.readContext = context.detach({ endsAtDeadline: true });
    const { operation } = this.readContext;
    this.cutoff = dryRun
      ? operation.namedCutoff
      : Math.max(operation.namedCutoff, startedAt ?? operation.startedAt);
    this.services = context.services;
    this.kind = kind;
    this.dryRun = dryRun;
  }

  /** Whether the caller may read. For others nothing is compared with Alma's records, since comparing is reading. */
  get mayRead(): boolean {
    return this.context.scopes.has("READ");
  }

  /** The scope that a field of the record needs besides READ. */
  scopeOf(field: string) {
    return this.context.settings.requiredScopes.get(`${kindDefinitions[this.kind].typeName}.${field}`);
  }

  /** Whether the caller may read a field of the record, and so may learn whether Alma shows a value in it. */
  mayReadField(field: string): boolean {
    const scope = this.scopeOf(field);
    return this.mayRead && (scope === undefined || this.context.scopes.has(scope));
  }

  /** Alma's write calls for the record's kind. */
  get resource(): AnyWritable {
    // Safe: the fields are those of this kind's input.
    return this.services.alma[this.kind] as AnyWritable;
  }

  /**
   * Sends the write, which is noted in the journal before it leaves, and among the unsettled ones until its outcome is
   * known. Throws SentBefore for a job's that may have been sent. `fields`: those that it sends. `lockKeys`: those
   * under which it runs. `before`: as of `MutationResult`.
   */
  async send(
    written: Written,
    fields: readonly string[],
    lockKeys: readonly string[],
    send: (options: CallOptions) => Promise<Outcome>,
    before?: string,
  ): Promise<Outcome> {
    const { context } = this;
    const { request, mutation, catalog } = context;
    if (request.isJobRow && context.mayHaveSent) throw new SentBefore("It may have been sent before.");
    const { requestId, operation } = this.readContext;
    const { unsettled, journal } = this.services;
    const write = { ...written, kind: this.kind };
    const { caller, forwardingId } = request;
    const by = { name: caller?.name ?? null, operation: mutation, requestId };
    this.#cause = catalog.written.beginWrite(write, fields, by, catalog.clock());
    const { startedAt, priority, onSent } = operation;
    const idempotency = context.idempotency && { ...context.idempotency, before };
    const id = randomUUID();
    let begun: Promise<void> | undefined;
    const departure = {
      prepare: () => {
        begun ??= journal.begin({ id, write, lockKeys, startedAt, requestId, forwardingId, idempotency });
        return begun;
      },
      check: () => {
        journal.check();
        context.hasSent = true;
      },
    };
    const answer = send({ priority, requestId, onSent, departure });
    const onEnd = () => {
      if (begun) journal.end(id);
      begun = undefined;
    };
    const noted = unsettled.note({ write, lockKeys, answer, onEnd });
    this.#unsettled = noted;
    const outcome = await answer.catch((error) => {
      unsettled.noteAnswered(noted, catalog.clock());
      throw error;
    });
    if (outcome.outcome === "refused" || outcome.outcome === "not-done") {
      this.#cause.endedAt = NEVER;
      this.#end();
    } else if ("isOver" in outcome && outcome.isOver) this.invalidate(written);
    else unsettled.noteAnswered(noted, "sentAt" in outcome ? outcome.sentAt : outcome.endedAt);
    return outcome;
  }

  #end() {
    if (this.#unsettled) this.services.unsettled.end(this.#unsettled);
    this.#unsettled = undefined;
  }

  /** Lets others look whether Alma shows that the write, which has no answer, was done. */
  lookBy(isShown: () => Promise<boolean>, written: Written): void {
    if (!this.#unsettled) return;
    this.#unsettled.look = async () => {
      if (!(await isShown())) return false;
      this.invalidate(written);
      return true;
    };
  }

  /** The seconds for which Alma may still carry out what was sent. */
  get secondsLeft(): number {
    return this.services.unsettled.secondsLeft(this.#unsettled);
  }

  /**
   * Reads a record on which the write depends. A dry run may use a fresh cached record. Undefined if Alma has none.
   * Throws AlmaError.
   */
  read(record: CachedRecord): Promise<CachedRecord | undefined> {
    return this.readContext.load({ record, level: DETAIL, cutoff: this.cutoff });
  }

  /**
   * Looks a Bitrix id up, by default of the write's kind. A dry run may use a fresh cached lookup. Undefined if Alma
   * has none. Throws AlmaError.
   */
  lookUp(externalId: string, kind = this.kind): Promise<CachedRecord | undefined> {
    const { catalog, operation } = this.readContext;
    return catalog.findRecord(operation, kind, externalId, this.cutoff);
  }

  /** Whether a record was read for this write, or is fresh enough in a dry run, so that it may refuse the write. */
  hasRead(record: CachedRecord): boolean {
    return record.asOf(DETAIL) > this.cutoff;
  }

  /** A new context that serves nothing from the cache: every read is made now. */
  freshContext(): GraphContext {
    return this.context.detach({ freshness: { maxAge: 0 } });
  }

  /** Reads a record now, with its detail. Undefined if Alma has none. Throws AlmaError. */
  readNow(record: CachedRecord): Promise<CachedRecord | undefined> {
    const freshContext = this.freshContext();
    return freshContext.load({ record, level: DETAIL, cutoff: freshContext.operation.namedCutoff });
  }

  /** Adds a reason for not doing the write. */
  addUserError(...error: Parameters<typeof userError>): void {
    this.#errors.push(userError(...error));
  }

  /** Adds problems found by Alma or its client, except for input fields that have an error already. */
  addProblems(problems: readonly Problem[], mapPath: PathMapper): void {
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

  /** The result of a write that was not done, with the user errors. `id`: the record, if it exists. */
  finishNotDone(id?: number): MutationResult {
    return { id, userErrors: [...this.#errors], isWritten: false };
  }

  /**
   * The result of a write that Alma has done. Invalidates what it affects. `isSettled`: whether that is certain, so
   * that Alma does not do it later.
   */
  finishDone(id: number, written: Written, isSettled = true): MutationResult {
    this.invalidate({ ...written, id }, isSettled);
    return { id, userErrors: [], isWritten: true };
  }

  /**
   * The result of a write whose outcome is unknown; invalidates what it may affect. A create has no id.
   */
  finishUnknown(written: Written, message: string): MutationResult {
    this.noteUnacknowledged(written);
    const { id } = written;
    const left = id === undefined ? 0 : this.secondsLeft;
    const advice = ` Alma may still do it, for up to ${left} s; until then, what that could undo or change is not sent.`;
    const userErrors = [userError("OUTCOME_UNKNOWN", [], left > 0 ? message + advice : message)];
    return { id, userErrors, isWritten: id !== undefined };
  }

  /** Invalidates what a write affects that Alma may do until its timeout. */
  noteUnacknowledged(written: Written): void {
    const write = { ...written, kind: this.kind };
    this.context.catalog.noteUnacknowledgedWrite(write, this.services.timeout, this.#cause);
  }

  /** Invalidates what a completed write affects. */
  invalidate(written: Written, isSettled = true): void {
    this.context.catalog.noteWrite({ ...written, kind: this.kind }, this.#cause);
    if (isSettled) this.#end();
  }
}
