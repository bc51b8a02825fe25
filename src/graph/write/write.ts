import { randomUUID } from "node:crypto";
import type { CallOptions, Writable, WriteOutcome } from "../../alma/index.ts";
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
import { createErrorList } from "./error-list.ts";
import type { UnsettledWrite } from "./unsettled-writes.ts";
import { type ArgumentPath, type MutationResult, type UserErrorCode, userError } from "./user-error.ts";
import { SentBefore, type WriteContext, type WriteServices } from "./write-context.ts";

/** An input field of type `Ref` with its possible types. */
export interface RefSpec {
  readonly types: readonly [string, ...string[]];
  /**
   * Finds the record of a Bitrix id, or why it is refused; by default with Alma's lookup. Undefined if there is none.
   * Throws AlmaError.
   */
  readonly find?: (write: Write, externalId: string) => Promise<CachedRecord | RefRefusal | undefined>;
  /** Adds a user error if a documented rule forbids the record and breaking the rule would do damage. */
  readonly check?: (write: Write, target: Target, path: ArgumentPath) => Promise<void>;
}

/** Why a Bitrix id is refused although records have it. */
export interface RefRefusal {
  readonly code: UserErrorCode;
  readonly message: string;
}

/** The record that a `Ref` refers to. */
export interface Target {
  readonly id: number;
  /** Undefined if it is unknown whether the id belongs to a unit or a room. */
  readonly record?: CachedRecord;
}

/** An existing record and the input field that found it. */
export interface Match {
  readonly record: CachedRecord;
  readonly matchedBy: "externalId" | "email" | "name";
}

/** Why a record must not be created, and the input field that causes it. */
interface CreateRefusal extends RefRefusal {
  readonly field: "externalId";
}

/**
 * How a create recognizes an existing record, so that none is created twice. `freshContext` serves nothing from the
 * cache.
 */
export interface Identity {
  /** Returns the name of the identifying input field. */
  readonly field: (draft: InputFields) => string;
  /** Creates that share a key run one at a time. Keys depend only on fields that the caller may search by. */
  readonly lockKeys: (draft: InputFields, context: GraphContext) => readonly string[];
  /**
   * Finds the existing record, or the reason to refuse, before a create is sent, with the fewest calls. Throws
   * AlmaError.
   */
  readonly find: (
    freshContext: GraphContext,
    draft: InputFields,
  ) => Promise<Match | CreateRefusal | undefined>;
  /** Finds the record by lookup and list after a create that returned no id. Throws AlmaError. */
  readonly findEverywhere: (freshContext: GraphContext, draft: InputFields) => Promise<Match | undefined>;
  /** Returns the match if a record, with its detail, is the one that a draft describes. */
  readonly match: (record: CachedRecord, draft: InputFields) => Match | undefined;
}

/**
 * Adds user errors for the reasons to refuse a write. `existing` is the record that an update changes. Throws
 * AlmaError.
 */
export type WriteRule = (write: Write, fields: InputFields, existing?: CachedRecord) => Promise<void>;

/** The rules for writing each kind of record. */
export type WriteSpecs = Readonly<Record<Kind, { readonly write: WriteSpec }>>;

/** The rules for writing one kind, besides the field table in `alma/`. */
export interface WriteSpec {
  readonly identity: Identity;
  readonly refs?: Readonly<Record<string, RefSpec>>;
  /** Returns the values that a create sends for omitted fields. */
  readonly defaults?: (services: WriteServices) => InputFields;
  /**
   * Adds a user error for each documented rule that forbids the write, if breaking the rule would do damage. Called
   * before sending, and in a dry run.
   */
  readonly check?: WriteRule;
  /**
   * Adds a user error for each reason, known from the indexes, for which Alma refuses the write. Called in a dry run
   * and for an unacknowledged write.
   */
  readonly predictRefusals?: WriteRule;
}

/** Fields of an input, a draft or changes, by name. */
export type InputFields = Readonly<Record<string, unknown>>;

type AnyWritable = Writable<InputFields, InputFields>;

/** The effects of a write, without its kind. */
export type Written = Omit<CompletedWrite, "kind">;

/**
 * Creates one write in progress, with its read contexts and user errors. `startedAt`: when its reads began, if earlier
 * than this call.
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
  const { sortedErrors, ...errorList } = createErrorList(kind);
  /** The write that was sent, while its outcome is unknown. */
  let inFlight: UnsettledWrite | undefined;
  /** The cause of the changes it makes. */
  let cause: WriteCause | undefined;

  /** Returns the scope that a field needs besides READ. */
  const scopeOf = (field: string) =>
    settings.requiredScopes.get(`${kindDefinitions[kind].typeName}.${field}`);

  /**
   * Sends the write. Records it in the journal first, and among the unsettled writes until its outcome is known. Throws
   * SentBefore for a job's write that may have been sent. `fields`: the sent fields. `before`: see `MutationResult`.
   */
  async function send(
    written: Written,
    fields: readonly string[],
    lockKeys: readonly string[],
    sendTo: (options: CallOptions) => Promise<WriteOutcome>,
    before?: string,
  ) {
    if (request.isBulk && context.mayHaveSent) throw new SentBefore("It may have been sent before.");
    const write = { ...written, kind };
    const { caller, forwardingId } = request;
    const by = { name: caller?.name ?? null, operation: context.mutation, requestId };
    cause = catalog.written.beginWrite(write, fields, by, catalog.clock());
    const { startedAt, priority, onSent } = operation;
    const idempotency = context.idempotency && { ...context.idempotency, before };
    const id = randomUUID();
    let begun: Promise<void> | undefined;
    const sendGuard = {
      prepare: () => {
        begun ??= journal.begin({ id, write, lockKeys, startedAt, requestId, forwardingId, idempotency });
        return begun;
      },
      check: () => {
        journal.check();
        context.hasSent = true;
      },
    };
    const answer = sendTo({ priority, requestId, onSent, sendGuard });
    const onEnd = () => {
      if (begun) journal.end(id);
      begun = undefined;
    };
    const noted = unsettled.note({ write, lockKeys, answer, onEnd });
    inFlight = noted;
    const outcome = await answer.catch((error) => {
      unsettled.noteAnswered(noted, catalog.clock());
      throw error;
    });
    if (outcome.outcome === "refused" || outcome.outcome === "not-done") {
      cause.endedAt = NEVER;
      end();
    } else if ("isOver" in outcome && outcome.isOver) invalidate(written);
    else unsettled.noteAnswered(noted, "sentAt" in outcome ? outcome.sentAt : outcome.endedAt);
    return outcome;
  }

  function end() {
    if (inFlight) unsettled.end(inFlight);
    inFlight = undefined;
  }

  /** Returns the seconds during which Alma may still perform the sent write. */
  const secondsLeft = () => unsettled.secondsLeft(inFlight);

  /** Creates a context that serves nothing from the cache: everything is read now. */
  const freshContext = () => context.detach({ freshness: { maxAge: 0 } });

  /** Invalidates the data affected by a write that Alma may perform until its timeout. */
  function noteUnacknowledged(written: Written) {
    catalog.noteUnacknowledgedWrite({ ...written, kind }, services.timeout, cause);
  }

  /** Invalidates the data affected by a completed write. */
  function invalidate(written: Written, isSettled = true) {
    catalog.noteWrite({ ...written, kind }, cause);
    if (isSettled) end();
  }

  return {
    context,
    /**
     * The detached context of the reads before the write. They continue when the caller disconnects, and a failed read
     * fails no other field.
     */
    readContext,
    services,
    kind,
    dryRun,
    /** Reads that decide about the write must start after this time. */
    cutoff,
    /** Whether the caller may read. Otherwise nothing is compared with Alma's records, since comparing reveals them. */
    mayRead,
    /** Alma's write calls for the kind. Safe: the fields are those of this kind's input. */
    resource: services.alma[kind] as AnyWritable,
    scopeOf,
    /** Returns whether the caller may read a field, and so may learn whether Alma shows a value in it. */
    mayReadField(field: string) {
      const scope = scopeOf(field);
      return mayRead && (scope === undefined || scopes.has(scope));
    },
    send,
    /** Lets other writes check whether Alma shows this unanswered write. */
    lookBy(isShown: () => Promise<boolean>, written: Written) {
      if (!inFlight) return;
      inFlight.look = async () => {
        if (!(await isShown())) return false;
        invalidate(written);
        return true;
      };
    },
    secondsLeft,
    /**
     * Reads a record that the write depends on. A dry run may use a fresh cached record. Undefined if Alma has none.
     * Throws AlmaError.
     */
    read: (record: CachedRecord) => readContext.load({ record, level: DETAIL, cutoff }),
    /**
     * Looks up a Bitrix id, by default of the write's kind. A dry run may use a fresh cached lookup.
     * Undefined if Alma has none. Throws AlmaError.
     */
    lookUp: (externalId: string, ofKind = kind) =>
      readContext.catalog.findRecord(operation, ofKind, externalId, cutoff),
    /**
     * Returns whether a record was read for this write, or is fresh enough in a dry run, so that it may refuse the
     * write.
     */
    hasRead: (record: CachedRecord) => record.asOf(DETAIL) > cutoff,
    freshContext,
    /** Reads a record's detail now. Undefined if Alma has none. Throws AlmaError. */
    readNow(record: CachedRecord) {
      const fresh = freshContext();
      return fresh.load({ record, level: DETAIL, cutoff: fresh.operation.namedCutoff });
    },
    ...errorList,
    /** Returns the result of a write that was not performed, with the user errors. `id`: the record, if it exists. */
    finishNotDone: (id?: number): MutationResult => ({
      id,
      userErrors: sortedErrors(),
      isWritten: false,
    }),
    /**
     * Returns the result of a completed write and invalidates the affected data. `isSettled`: whether it is certain
     * that Alma does not perform it later.
     */
    finishDone(id: number, written: Written, isSettled = true): MutationResult {
      invalidate({ ...written, id }, isSettled);
      return { id, userErrors: [], isWritten: true };
    },
    /** Returns the result of a write of unknown outcome and invalidates the data it may affect. A create has no id. */
    finishUnknown(written: Written, message: string): MutationResult {
      noteUnacknowledged(written);
      const { id } = written;
      const left = id === undefined ? 0 : secondsLeft();
      const advice = ` Alma may still make the change within ${left} s; until then, conflicting writes are not sent.`;
      const userErrors = [userError("OUTCOME_UNKNOWN", [], left > 0 ? message + advice : message)];
      return { id, userErrors, isWritten: id !== undefined };
    },
    noteUnacknowledged,
    invalidate,
  };
}

/** One write in progress. */
export type Write = ReturnType<typeof createWrite>;
