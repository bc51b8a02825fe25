import { randomUUID } from "node:crypto";
import {
  type CallOptions,
  draftFields,
  type Outcome,
  type Problem,
  type Writable,
} from "../../alma/index.ts";
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
import type { UnsettledWrite } from "./unsettled-writes.ts";
import {
  type ArgumentPath,
  type MutationResult,
  type PathMapper,
  toUserError,
  type UserError,
  type UserErrorCode,
  userError,
} from "./user-error.ts";
import { SentBefore, type WriteContext, type WriteServices } from "./write-context.ts";

/** An input field of type `Ref`, and the types of which its record may be. */
export interface RefSpec {
  readonly types: readonly [string, ...string[]];
  /**
   * Finds the record of a Bitrix id, or why none is taken; by default by Alma's lookup. Undefined if there is none.
   * Throws AlmaError.
   */
  readonly find?: (write: Write, externalId: string) => Promise<CachedRecord | RefRefusal | undefined>;
  /** Adds a user error if a documented rule forbids the record here and breaking the rule would do damage. */
  readonly check?: (write: Write, target: Target, path: ArgumentPath) => Promise<void>;
}

/** Why a Bitrix id is not taken as a ref although records have it. */
export interface RefRefusal {
  readonly code: UserErrorCode;
  readonly message: string;
}

/** The record that a `Ref` names. */
export interface Target {
  readonly id: number;
  /** Undefined if it is not known whether the id is a unit's or a room's. */
  readonly record?: CachedRecord;
}

/** A record that exists already, and the input field by which it was found. */
export interface Match {
  readonly record: CachedRecord;
  readonly matchedBy: "externalId" | "email" | "name";
}

/** Why a record that does not exist must not be created, and the input field at fault. */
interface CreateRefusal {
  readonly code: UserErrorCode;
  readonly field: "externalId";
  readonly message: string;
}

/**
 * How a create recognises a record that exists, so that none is made twice. `freshContext` serves nothing from the
 * cache.
 */
export interface Identity {
  /** The name of the input field that identifies the record. */
  readonly field: (draft: InputFields) => string;
  /** Creates that share a key run one at a time. The keys depend only on what the caller may search by. */
  readonly lockKeys: (draft: InputFields, context: GraphContext) => readonly string[];
  /** Before a create is sent: finds the record, or what forbids it, with the fewest calls. Throws AlmaError. */
  readonly find: (
    freshContext: GraphContext,
    draft: InputFields,
  ) => Promise<Match | CreateRefusal | undefined>;
  /** After a create that gave no id: finds the record by lookup and by list. Throws AlmaError. */
  readonly findEverywhere: (freshContext: GraphContext, draft: InputFields) => Promise<Match | undefined>;
  /** The match if a record of the kind, given with its detail, is the one that a draft describes. */
  readonly match: (record: CachedRecord, draft: InputFields) => Match | undefined;
}

/** Adds user errors for what forbids a write. `existing` is the record that an update changes. Throws AlmaError. */
export type WriteRule = (write: Write, fields: InputFields, existing?: CachedRecord) => Promise<void>;

/** The rules for writing each kind of record. */
export type WriteSpecs = Readonly<Record<Kind, { readonly write: WriteSpec }>>;

/** The rules for writing one kind of record, in addition to the table of its fields in `alma/`. */
export interface WriteSpec {
  readonly identity: Identity;
  readonly refs?: Readonly<Record<string, RefSpec>>;
  /** The values that a create sends for omitted fields. */
  readonly defaults?: (services: WriteServices) => InputFields;
  /**
   * Adds a user error for each documented rule that forbids the write, if breaking the rule would do damage. Called
   * before the write is sent, and in a dry run.
   */
  readonly check?: WriteRule;
  /**
   * In a dry run, and for an unacknowledged write: adds a user error for each reason, shown by the indexes, for which
   * Alma refuses the write.
   */
  readonly predictRefusals?: WriteRule;
}

/** The fields of an input, or of a draft or changes made from it, by name. */
export type InputFields = Readonly<Record<string, unknown>>;

type AnyWritable = Writable<InputFields, InputFields>;

/** What a write does, of the kind that is written. */
export type Written = Omit<CompletedWrite, "kind">;

/**
 * One write in progress: the contexts that it reads with, and the user errors found so far. `startedAt`: when the reads
 * for this write began, if earlier than this call.
 */
export function createWrite(context: WriteContext, kind: Kind, dryRun: boolean, startedAt?: number) {
  const { services, request, settings, scopes, catalog } = context;
  const { unsettled, journal } = services;
  const readContext = context.detach({ endsAtDeadline: true });
  const { requestId, operation } = readContext;
  const cutoff = dryRun
    ? operation.namedCutoff
    : Math.max(operation.namedCutoff, startedAt ?? operation.startedAt);
  const mayRead = scopes.has("READ");
  const errors: UserError[] = [];
  /** What was sent, while its outcome is not known. */
  let sent: UnsettledWrite | undefined;
  /** What was sent, as what changes come from. */
  let cause: WriteCause | undefined;

  /** The scope that a field of the record needs besides READ. */
  const scopeOf = (field: string) =>
    settings.requiredScopes.get(`${kindDefinitions[kind].typeName}.${field}`);

  /**
   * Sends the write, which is noted in the journal before it leaves, and among the unsettled ones until its outcome is
   * known. Throws SentBefore for a job's that may have been sent. `fields`: those that it sends. `lockKeys`: those
   * under which it runs. `before`: as of `MutationResult`.
   */
  async function send(
    written: Written,
    fields: readonly string[],
    lockKeys: readonly string[],
    sendTo: (options: CallOptions) => Promise<Outcome>,
    before?: string,
  ): Promise<Outcome> {
    if (request.isBulk && context.mayHaveSent) throw new SentBefore("It may have been sent before.");
    const write = { ...written, kind };
    const { caller, forwardingId } = request;
    const by = { name: caller?.name ?? null, operation: context.mutation, requestId };
    const begunCause = catalog.written.beginWrite(write, fields, by, catalog.clock());
    cause = begunCause;
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
    const answer = sendTo({ priority, requestId, onSent, departure });
    const onEnd = () => {
      if (begun) journal.end(id);
      begun = undefined;
    };
    const noted = unsettled.note({ write, lockKeys, answer, onEnd });
    sent = noted;
    const outcome = await answer.catch((error) => {
      unsettled.noteAnswered(noted, catalog.clock());
      throw error;
    });
    if (outcome.outcome === "refused" || outcome.outcome === "not-done") {
      begunCause.endedAt = NEVER;
      end();
    } else if ("isOver" in outcome && outcome.isOver) invalidate(written);
    else unsettled.noteAnswered(noted, "sentAt" in outcome ? outcome.sentAt : outcome.endedAt);
    return outcome;
  }

  function end() {
    if (sent) unsettled.end(sent);
    sent = undefined;
  }

  /** The seconds for which Alma may still carry out what was sent. */
  const secondsLeft = () => unsettled.secondsLeft(sent);

  /** A new context that serves nothing from the cache: every read is made now. */
  const freshContext = () => context.detach({ freshness: { maxAge: 0 } });

  /** Invalidates what a write affects that Alma may do until its timeout. */
  function noteUnacknowledged(written: Written) {
    catalog.noteUnacknowledgedWrite({ ...written, kind }, services.timeout, cause);
  }

  /** Invalidates what a completed write affects. */
  function invalidate(written: Written, isSettled = true) {
    catalog.noteWrite({ ...written, kind }, cause);
    if (isSettled) end();
  }

  return {
    /** The caller's operation. */
    context,
    /**
     * The detached context of the reads before the write. They continue when the caller disconnects, and a failed read
     * fails no other field.
     */
    readContext,
    services,
    kind,
    dryRun,
    /** A read that decides about the write must have started after this time. */
    cutoff,
    /** Whether the caller may read. For others nothing is compared with Alma's records, since comparing is reading. */
    mayRead,
    /** Alma's write calls for the record's kind. Safe: the fields are those of this kind's input. */
    resource: services.alma[kind] as AnyWritable,
    scopeOf,
    /** Whether the caller may read a field of the record, and so may learn whether Alma shows a value in it. */
    mayReadField(field: string) {
      const scope = scopeOf(field);
      return mayRead && (scope === undefined || scopes.has(scope));
    },
    send,
    /** Lets others look whether Alma shows that the write, which has no answer, was done. */
    lookBy(isShown: () => Promise<boolean>, written: Written) {
      if (!sent) return;
      sent.look = async () => {
        if (!(await isShown())) return false;
        invalidate(written);
        return true;
      };
    },
    secondsLeft,
    /**
     * Reads a record on which the write depends. A dry run may use a fresh cached record. Undefined if Alma has none.
     * Throws AlmaError.
     */
    read: (record: CachedRecord) => readContext.load({ record, level: DETAIL, cutoff }),
    /**
     * Looks a Bitrix id up, by default of the write's kind. A dry run may use a fresh cached lookup. Undefined if Alma
     * has none. Throws AlmaError.
     */
    lookUp: (externalId: string, ofKind = kind) =>
      readContext.catalog.findRecord(operation, ofKind, externalId, cutoff),
    /** Whether a record was read for this write, or is fresh enough in a dry run, so that it may refuse the write. */
    hasRead: (record: CachedRecord) => record.asOf(DETAIL) > cutoff,
    freshContext,
    /** Reads a record now, with its detail. Undefined if Alma has none. Throws AlmaError. */
    readNow(record: CachedRecord) {
      const fresh = freshContext();
      return fresh.load({ record, level: DETAIL, cutoff: fresh.operation.namedCutoff });
    },
    /** Adds a reason for not doing the write. */
    addUserError(...error: Parameters<typeof userError>) {
      errors.push(userError(...error));
    },
    /** Adds problems found by Alma or its client, except for input fields that have an error already. */
    addProblems(problems: readonly Problem[], mapPath: PathMapper) {
      const earlierFields = new Set(errors.map(({ field }) => field?.slice(0, 2).join(".")));
      for (const problem of problems) {
        const error = toUserError(problem, mapPath);
        if (error.field === null || !earlierFields.has(error.field.slice(0, 2).join("."))) errors.push(error);
      }
    },
    get hasUserErrors() {
      return errors.length > 0;
    },
    /** The result of a write that was not done, with the user errors. `id`: the record, if it exists. */
    finishNotDone: (id?: number): MutationResult => ({
      id,
      userErrors: inOrder(kind, errors),
      isWritten: false,
    }),
    /**
     * The result of a write that Alma has done. Invalidates what it affects. `isSettled`: whether that is certain, so
     * that Alma does not do it later.
     */
    finishDone(id: number, written: Written, isSettled = true): MutationResult {
      invalidate({ ...written, id }, isSettled);
      return { id, userErrors: [], isWritten: true };
    },
    /**
     * The result of a write whose outcome is unknown; invalidates what it may affect. A create has no id.
     */
    finishUnknown(written: Written, message: string): MutationResult {
      noteUnacknowledged(written);
      const { id } = written;
      const left = id === undefined ? 0 : secondsLeft();
      const advice = ` Alma may still do it, for up to ${left} s; until then, what that could undo or change is not sent.`;
      const userErrors = [userError("OUTCOME_UNKNOWN", [], left > 0 ? message + advice : message)];
      return { id, userErrors, isWritten: id !== undefined };
    },
    noteUnacknowledged,
    invalidate,
  };
}

/** The arguments at which errors are, in their order. */
const ARGUMENTS: readonly (string | undefined)[] = [undefined, "ref", "input", "expected"];

/** Errors in the order of what they are about, whichever was found first: the write as a whole comes first. */
function inOrder(kind: Kind, errors: readonly UserError[]): readonly UserError[] {
  const fields: readonly (string | undefined)[] = [undefined, ...draftFields(kind).keys()];
  const placeOf = ({ field }: UserError) =>
    ARGUMENTS.indexOf(field?.[0]) * fields.length + fields.indexOf(field?.[1]);
  return errors.toSorted((one, other) => placeOf(one) - placeOf(other));
}

export type Write = ReturnType<typeof createWrite>;
